/** Whatever is wrong with a redefinition, it ends the template before it: data is never read by the old one, and waits for one that can be read. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type DatagramSpec, readFlows } from '../../../support/datagram-stream.js'
import { openDecoder, streamOf } from '../../../support/decode.js'
import { be, type FieldSpec, optionsTemplate10, optionsTemplate9, set, template } from '../../../support/build-netflow.js'
import { message, type Version, VERSIONS } from '../../../support/records.js'

const ID = 256
const OLD: readonly FieldSpec[] = [
  [7, 2],
  [11, 2],
  [1, 4],
  [2, 4]
]
/** As long as a record of the old template, and read by it another flow. */
const NEW: readonly FieldSpec[] = [
  [1, 4],
  [2, 4],
  [11, 2],
  [7, 2]
]
const OLD_RECORD = Buffer.concat([be(1111, 2), be(443, 2), be(3000, 4), be(4, 4)])
const NEW_RECORD = Buffer.concat([be(5000, 4), be(6, 4), be(443, 2), be(2222, 2)])

const KINDS = ['template', 'options template'] as const

/** A way to define nothing; `isLast`: nothing behind it in its datagram can be found. */
interface Refusal {
  readonly name: string
  readonly sets: Buffer
  readonly isLast: boolean
}

function refusals(version: Version, kind: (typeof KINDS)[number]): Refusal[] {
  const ofOptions = kind !== 'template'
  const id = (version === 9 ? 0 : 2) + (ofOptions ? 1 : 0)
  const options = version === 9 ? optionsTemplate9 : optionsTemplate10
  const system: FieldSpec = [version === 9 ? 1 : 144, 4]
  const build = (...fields: FieldSpec[]): Buffer => (ofOptions ? options(ID, [system], fields) : template(ID, fields))
  const body = ofOptions ? build([34, 4]) : build(...NEW)
  const whole = set(id, body)
  const found: Refusal[] = []
  const refuse = (name: string, ...bodies: Buffer[]): unknown => found.push({ name, sets: set(id, ...bodies), isLast: false })
  for (let cut = 2; cut < body.length; cut++) {
    refuse(`its set ends behind ${cut} bytes`, body.subarray(0, cut))
    refuse(
      `its set ends behind ${cut} bytes, behind another`,
      template(300, OLD).subarray(0, ofOptions ? 0 : undefined),
      body.subarray(0, cut)
    )
    found.push({ name: `the datagram ends behind ${cut} bytes`, sets: whole.subarray(0, 4 + cut), isLast: true })
  }
  for (let length = 0; length < 4; length++) {
    found.push({ name: `its set says ${length} bytes`, sets: Buffer.concat([be(id, 2), be(length, 2), body]), isLast: true })
  }
  const many = Array.from({ length: 1025 }, (_, i): FieldSpec => [1 + (i % 100), 1])
  refuse('too many fields', build(...many))
  refuse('too long', build(...many.slice(0, 10).map(([element]): FieldSpec => [element, 7000])))
  if (ofOptions) {
    refuse('no bytes', options(ID, [[system[0], 0]], [[34, 0]]))
    const odd = [be(1, 2), be(4, 2), be(34, 2), be(4, 2)]
    if (version === 9) {
      refuse('odd length of scopes', be(ID, 2), be(5, 2), be(4, 2), ...odd)
      refuse('odd length of options', be(ID, 2), be(4, 2), be(6, 2), ...odd)
    } else refuse('more scopes than fields', be(ID, 2), be(1, 2), be(2, 2), be(144, 2), be(4, 2))
  } else {
    refuse('no bytes', build([1, 0], [2, 0]))
    refuse('behind another that is refused', template(300, [[1, 0]]), body.subarray(0, 9))
    if (version === 9) refuse('no fields', be(ID, 2), be(0, 2))
  }
  return found
}

/** The source ports of the flows that come of these datagrams, before and after a restart with what was saved. */
async function ports(datagrams: readonly DatagramSpec[], after: readonly DatagramSpec[] = [], fileVersion = 0): Promise<unknown[]> {
  const first = openDecoder()
  first.push(streamOf(datagrams))
  let last = first
  if (fileVersion > 0) {
    last = openDecoder()
    for (const domain of first.decoder.state()) {
      const saved = JSON.parse(JSON.stringify(domain)) as Record<string, unknown>
      if (fileVersion === 1) delete saved.port
      last.decoder.restore(saved)
    }
  }
  last.push(streamOf(after))
  last.decoder.end()
  const flows = [...(last === first ? [] : readFlows(await first.taken())), ...readFlows(await last.taken())]
  return flows.map(({ src_port }) => src_port)
}

for (const version of VERSIONS) {
  const from = (srcPort: number, ...sets: Buffer[]): DatagramSpec => ({ payload: message(version, {}, ...sets), srcPort })
  const templates = version === 9 ? 0 : 2
  const old = [set(templates, template(ID, OLD)), set(ID, OLD_RECORD)]
  const readable = set(templates, template(ID, NEW))
  const data = set(ID, NEW_RECORD)
  for (const kind of KINDS) {
    test(`version ${version}: data behind ${kind === 'template' ? 'a' : 'an'} ${kind} that is refused is held, and never read by the one before`, async () => {
      for (const { name, sets, isLast } of refusals(version, kind)) {
        const [good, refused, records] = [from(1, ...old), from(1, sets), from(1, data)]
        if (!isLast) assert.deepEqual(await ports([good, from(1, sets, data)]), [1111], `${name}, data in one datagram`)
        assert.deepEqual(await ports([good, refused, records]), [1111], name)
        assert.deepEqual(await ports([good, refused, records, from(1, readable)]), [1111, 2222], `${name}, then a good one`)
        const others = [good, from(2, ...old), from(2, sets), from(2, data), from(1, ...old)]
        assert.deepEqual(await ports(others), [1111, 1111, 1111], `${name}, another port has a good one`)
        for (const fileVersion of [1, 2]) {
          assert.deepEqual(await ports([good, refused], [records], fileVersion), [1111], `${name}, then a restart, file ${fileVersion}`)
          assert.deepEqual(await ports([good], [refused, records], fileVersion), [1111], `${name} after a restart, file ${fileVersion}`)
        }
      }
    })
  }
}
