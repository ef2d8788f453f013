/** Several ports of one address that define, redefine and refuse one template id, in any order and over restarts, against the rules as they are written. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { readFlows } from '../../../support/datagram-stream.js'
import { openDecoder, streamOf } from '../../../support/decode.js'
import { be, type FieldSpec, set, template } from '../../../support/build-netflow.js'
import { message, type Version, VERSIONS } from '../../../support/records.js'
import { SCALE } from '../../../support/scale.js'

const ID = 256
/** Of one length, so that a record can be read by any. */
const LAYOUTS: readonly (readonly FieldSpec[])[] = [
  [
    [7, 2],
    [11, 2],
    [1, 4],
    [2, 4]
  ],
  [
    [1, 4],
    [7, 2],
    [2, 4],
    [11, 2]
  ],
  [
    [2, 4],
    [1, 4],
    [11, 2],
    [7, 2]
  ]
]

type Step =
  | { readonly does: 'define'; readonly port: number; readonly layout: number }
  | { readonly does: 'refuse'; readonly port: number }
  | { readonly does: 'data'; readonly port: number }
  | { readonly does: 'restart' }

const port = fc.integer({ min: 1, max: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ does: fc.constant('define' as const), port, layout: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('refuse' as const), port }) },
  { weight: 5, arbitrary: fc.record({ does: fc.constant('data' as const), port }) },
  { weight: 1, arbitrary: fc.constant({ does: 'restart' as const }) }
)

/** A record of twelve bytes, no two alike. */
const record = (i: number): Buffer => Buffer.concat([be(10_000 + i, 2), be(20_000 + i, 2), be(0x0101_0101 + i, 4), be(0x0202_0202 + i, 4)])

/** What a layout reads in a record: source port, destination port, bytes, packets. */
function readBy(layout: number, bytes: Buffer): number[] {
  const values = new Map<number, number>()
  let at = 0
  for (const [element, length] of LAYOUTS[layout]) {
    values.set(element, bytes.readUIntBE(at, length))
    at += length
  }
  return [7, 11, 1, 2].map((element) => values.get(element)!)
}

/** What a port defined last, when that was, and when it was heard of last. */
interface Known {
  layout: number | 'refused'
  at: number
  heard: number
}

/** The flows that decoding.md has come of these steps. */
function expectedFlows(steps: readonly Step[]): number[][] {
  const ports = new Map<number, Known>()
  const flows: number[][] = []
  let held: { port: number; bytes: Buffer }[] = []
  const layoutFor = (of: number): number | undefined => {
    const own = ports.get(of)
    if (own !== undefined) return own.layout === 'refused' ? undefined : own.layout
    const others = [...ports.values()].sort((a, b) => b.at - a.at)
    const counting = others.filter(({ heard }, i) => i === 0 || heard > others[0].at)
    const layouts = new Set(counting.map(({ layout }) => layout))
    const [only] = layouts
    return layouts.size !== 1 || only === 'refused' ? undefined : only
  }
  const isRead = (waiting: { port: number; bytes: Buffer }): boolean => {
    const layout = layoutFor(waiting.port)
    if (layout !== undefined) flows.push(readBy(layout, waiting.bytes))
    return layout !== undefined
  }
  steps.forEach((each, now) => {
    if (each.does === 'restart') {
      held = [] // given up at the end
      return
    }
    const known = ports.get(each.port)
    if (known !== undefined) known.heard = now
    if (each.does === 'data') {
      const waiting = { port: each.port, bytes: record(now) }
      if (!isRead(waiting)) held.push(waiting)
      return
    }
    ports.set(each.port, { layout: each.does === 'define' ? each.layout : 'refused', at: now, heard: now })
    if (each.does === 'define') held = held.filter((waiting) => !isRead(waiting))
  })
  return flows
}

async function decodedFlows(version: Version, steps: readonly Step[]): Promise<number[][]> {
  const templates = version === 9 ? 0 : 2
  const flows: ReturnType<typeof readFlows> = []
  let opened = openDecoder()
  const end = async (): Promise<void> => {
    opened.decoder.end()
    flows.push(...readFlows(await opened.taken()))
  }
  for (const [now, each] of steps.entries()) {
    if (each.does === 'restart') {
      const saved = JSON.parse(JSON.stringify([...opened.decoder.state()])) as unknown[]
      await end()
      opened = openDecoder()
      for (const domain of saved) opened.decoder.restore(domain)
      continue
    }
    const sets =
      each.does === 'data' ? set(ID, record(now)) : set(templates, template(ID, each.does === 'define' ? LAYOUTS[each.layout] : [[1, 0]]))
    opened.push(streamOf([{ payload: message(version, {}, sets), srcPort: each.port }]))
  }
  await end()
  return flows.map(({ src_port, dst_port, bytes, packets }) => [src_port, dst_port, bytes, packets].map(Number))
}

for (const version of VERSIONS) {
  test(`version ${version}: data of each port is read by its own template, else by what the others agree on, over restarts too`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 14 }), async (steps) => {
        assert.deepEqual(await decodedFlows(version, steps), expectedFlows(steps))
      }),
      { numRuns: 200 * SCALE }
    )
  })
}
