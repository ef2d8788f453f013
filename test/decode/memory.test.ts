/** What the bounds count, the process holds: for whatever is made up most of, the heap grows by no more than what is accounted for it. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import v8 from 'node:v8'
import vm from 'node:vm'
import { be, type FieldSpec, optionsTemplate10, set, template } from '../support/build-netflow.js'
import { datagramFrame } from '../support/datagram-stream.js'
import { openDecoder } from '../support/decode.js'
import { message } from '../support/records.js'

v8.setFlagsFromString('--expose-gc')
const collect = vm.runInNewContext('gc') as () => void

/** Bytes in use, in the heap and beside it, once nothing is freed any more: what ended is let go of by and by. */
async function inUse(): Promise<number> {
  for (let least = Infinity, same = 0; ;) {
    await nextTurn()
    collect()
    const { heapUsed, external } = process.memoryUsage()
    same = heapUsed + external > least - STILL_BYTES ? same + 1 : 0
    least = Math.min(least, heapUsed + external)
    if (same === 3) return least
  }
}
const STILL_BYTES = 64 << 10

const times = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i))
const templates = (id: number, fields: number): Buffer =>
  set(
    2,
    template(
      id,
      times(fields, (i) => [1 + (i % 400), 4])
    )
  )
const record = (fields: number): Buffer => Buffer.alloc(4 * fields, 1)
/** An options template of two fields, and records of it. */
const told = (scope: FieldSpec, value: FieldSpec, ...records: Buffer[]): Buffer[] => [
  set(3, optionsTemplate10(300, [scope], [value])),
  set(300, ...records)
]
/** A hundred numbers, no two datagrams the same, each with a value. */
const pairs = (i: number, value: Buffer): Buffer[] => times(100, (k) => Buffer.concat([be(100 * i + k, 4), value]))

/** A datagram, and where it comes from. */
interface Flood {
  readonly from?: number
  readonly port?: number
  readonly domain?: number
  readonly sequence?: number
  readonly sets: Buffer[]
}

/** So many datagrams of a kind; what each is. */
const FLOODS: Record<string, [count: number, datagram: (i: number) => Flood]> = {
  'exporters that told nothing': [5000, (i) => ({ from: i, sets: [] })],
  'exporters with a template': [2000, (i) => ({ from: i, sets: [templates(256, 5)] })],
  'exporters with a large template': [1000, (i) => ({ from: i, sets: [templates(256, 200)] })],
  'exporters with data': [500, (i) => ({ from: i, sets: [templates(256, 30), set(256, record(30))] })],
  'exporters with much data': [1000, (i) => ({ from: i, sets: [templates(256, 300), set(256, record(300))] })],
  'ports of exporters': [2000, (i) => ({ from: i % 20, port: i, sets: [templates(256, 5)] })],
  'domains of an exporter': [4000, (i) => ({ domain: i, sets: [templates(256, 5)] })],
  'domains that told a rate': [2000, (i) => ({ domain: i, sets: told([149, 4], [34, 4], be(i, 4), be(100, 4)) })],
  'rates of interfaces': [200, (i) => ({ sets: told([10, 4], [34, 4], ...pairs(i, be(100, 4))) })],
  'names of interfaces': [200, (i) => ({ sets: told([10, 4], [82, 8], ...pairs(i, Buffer.from(`port ${i}`.padEnd(8)))) })],
  'long names': [200, (i) => ({ sets: told([10, 4], [82, 200], ...pairs(i, Buffer.from(`port ${i}`.padEnd(200, 'x')))) })],
  'refused ids': [60, (i) => ({ domain: i, sets: times(1000, (id) => set(2, be(256 + id, 2), be(1, 2))) })],
  'holes in sequence numbers': [10_000, (i) => ({ from: i % 1000, sequence: i * i, sets: [] })],
  'data without templates': [5000, (i) => ({ from: i, sets: [set(256 + (i % 1000), record(20))] })],
  'data without a template': [5000, (i) => ({ sets: [set(256 + (i % 10), record(20))] })]
}

for (const [name, [count, datagram]] of Object.entries(FLOODS)) {
  test(`memory for ${name}`, async () => {
    const { decoder, push, taken } = openDecoder({
      maxExporters: count,
      maxTemplates: count,
      held: { exporterBytes: 1 << 26, totalBytes: 1 << 26, ms: 1e9 }
    })
    const flood = async (first: number, end: number): Promise<void> => {
      for (let i = first; i < end; i++) {
        const { from = 0, port = 40_000, domain = 0, sequence = 0, sets } = datagram(i)
        push(datagramFrame({ payload: message(10, { domain, sequence }, ...sets), src: be(0x0a00_0000 + from, 4), srcPort: port }))
        if (i % 10 === 0) await taken() // flows are nothing that the decoder keeps, nor the buffers that many would need
      }
      await taken()
    }
    const accounted = (): number => decoder.exporters.bytes + decoder.held.bytes
    const few = Math.ceil(count / 100)
    await flood(0, few) // what is made once
    const [accountedBefore, before] = [accounted(), await inUse()]
    await flood(few, count)
    const [said, grown] = [accounted() - accountedBefore, (await inUse()) - before]
    assert(grown < 1.2 * said, `${grown} bytes are held, ${said} accounted for`)
    assert(said < 2.5 * grown, `${said} bytes are accounted for, ${grown} held`)
  })
}
