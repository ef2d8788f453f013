/** Datagrams of connections: what one tells is its own, and ends with it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import protobuf from 'protobufjs'
import { DatagramMessage, longOf, readFlows } from '../support/datagram-stream.js'
import { openDecoder } from '../support/decode.js'
import { runTool } from '../support/tools.js'

const PORT = 50_000

/** A Datagram of a connection, or over UDP where that is 0. */
function datagram(connection: bigint, payload: Buffer, port = PORT): Buffer {
  const writer = protobuf.Writer.create()
  const fields = { payload, src_addr: Buffer.from([192, 0, 2, 9]), src_port: port, time_received_ns: longOf(1_700_000_000_000_000_000n) }
  DatagramMessage.encodeDelimited({ ...fields, ...(connection === 0n ? {} : { connection: longOf(connection) }) }, writer)
  return Buffer.from(writer.finish())
}

const u16 = (...words: number[]): Buffer => Buffer.concat(words.map((word) => Buffer.from([word >> 8, word & 0xff])))
const set = (id: number, body: Buffer): Buffer => Buffer.concat([u16(id, body.length + 4), body])
function message(...sets: Buffer[]): Buffer {
  const body = Buffer.concat(sets)
  const header = Buffer.alloc(16)
  header.writeUInt16BE(10, 0)
  header.writeUInt16BE(16 + body.length, 2)
  header.writeUInt32BE(1_700_000_000, 4)
  return Buffer.concat([header, body])
}
const bytesTemplate = set(2, u16(256, 1, 1, 4))
const packetsTemplate = set(2, u16(256, 1, 2, 4))
const data = set(256, Buffer.from([0, 0, 0, 7]))
const withdrawal = set(2, u16(256, 0))
const withdrawalOfAll = set(2, u16(2, 0))

async function decoded(...datagrams: Buffer[]): Promise<{ values: [bytes: unknown, packets: unknown][]; saved: number; missing: number }> {
  const { decoder, push, taken } = openDecoder()
  push(Buffer.concat(datagrams))
  const saved = [...decoder.state()].length
  decoder.end()
  const values = readFlows(await taken()).map(({ bytes, packets }): [unknown, unknown] => [bytes, packets])
  return { values, saved, missing: decoder.counts.errors.get('template-not-found') ?? 0 }
}
const BYTES: [unknown, unknown] = ['7', undefined]
const PACKETS: [unknown, unknown] = [undefined, '7']

test('connections of one address have templates of their own, and none is for another port or the template file', async () => {
  const { values, saved, missing } = await decoded(
    datagram(1n, message(bytesTemplate)),
    datagram(2n, message(packetsTemplate), PORT + 1),
    datagram(1n, message(data)),
    datagram(2n, message(data), PORT + 1),
    datagram(0n, message(data)), // over UDP: waits for a template
    datagram(3n, message(data))
  )
  assert.deepEqual(values, [BYTES, PACKETS])
  assert.equal(saved, 0)
  assert.equal(missing, 2)
})

test('what UDP told is for no connection', async () => {
  const { values, saved } = await decoded(datagram(0n, message(bytesTemplate)), datagram(1n, message(data)), datagram(0n, message(data)))
  assert.deepEqual(values, [BYTES])
  assert.equal(saved, 1)
})

test('a withdrawal acts on a connection, and only there; data behind it waits', async () => {
  for (const withdraws of [withdrawal, withdrawalOfAll]) {
    const parts = [message(bytesTemplate, data), message(withdraws, data), message(packetsTemplate)]
    assert.deepEqual((await decoded(...parts.map((each) => datagram(5n, each)))).values, [BYTES, PACKETS])
    const [first, second] = (await decoded(...parts.map((each) => datagram(0n, each)))).values
    assert.deepEqual([first, second], [BYTES, BYTES])
  }
})

test('the end of a connection ends what it told and what waits; the next one of the same port begins anew', async () => {
  const { values, missing } = await decoded(
    datagram(1n, message(bytesTemplate, data)),
    datagram(1n, Buffer.alloc(0)),
    datagram(2n, message(data)), // another layout comes
    datagram(2n, message(packetsTemplate)),
    datagram(3n, message(data)),
    datagram(3n, Buffer.alloc(0)) // in vain
  )
  assert.deepEqual(values, [BYTES, PACKETS])
  assert.equal(missing, 1)
})

/** What flow-decode writes with `-produce`, line by line. */
async function produced(kind: string, ...datagrams: Buffer[]): Promise<Record<string, unknown>[]> {
  const args = ['-produce', kind, '-format', 'json', '-loglevel', 'error']
  const { code, stdout, stderr } = await runTool('flow-decode', args, Buffer.concat(datagrams))
  assert.equal(code, 0, stderr)
  const lines = stdout.toString().trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('-produce raw: behind its withdrawal a template reads nothing on its connection; over UDP it goes on', async () => {
  const parts = [message(bytesTemplate, data), message(withdrawal), message(data)]
  const sets = async (connection: bigint): Promise<unknown[]> =>
    (await produced('raw', ...parts.map((part) => datagram(connection, part)))).map((line) => line.sets)
  const read = [{ set: 256, records: [{ octetDeltaCount: 7 }] }]
  assert.deepEqual((await sets(5n)).slice(1), [[{ set: 2, withdrawal: 256 }], [{ set: 256, bytes: '00000007' }]])
  assert.deepEqual((await sets(0n)).slice(1), [[{ set: 2, withdrawal: 256 }], read])
  const [first] = await produced('raw', datagram(2n ** 60n + 1n, message(data)))
  assert.equal(first.connection, String(2n ** 60n + 1n))
})

test('-produce report: another layout on the next connection is no redefinition; data behind a withdrawal waits', async () => {
  const kinds = async (...datagrams: Buffer[]): Promise<string[]> => {
    const [{ findings }] = await produced('report', ...datagrams)
    return (findings as { kind: string }[]).map(({ kind }) => kind).filter((kind) => kind.startsWith('template'))
  }
  const [first, second] = [message(bytesTemplate, data), message(packetsTemplate, data)]
  assert.deepEqual(await kinds(datagram(1n, first), datagram(1n, Buffer.alloc(0)), datagram(2n, second)), [])
  assert.deepEqual(await kinds(datagram(1n, first), datagram(1n, second)), ['template-redefined'])
  assert.deepEqual(await kinds(datagram(1n, first), datagram(1n, message(withdrawal, data))), ['template-missing'])
  const both = [datagram(1n, first), datagram(2n, first), datagram(1n, message(withdrawal))]
  assert.deepEqual(await kinds(...both, datagram(2n, message(data))), [])
  assert.deepEqual(await kinds(...both, datagram(1n, message(data))), ['template-missing'])
  assert.deepEqual(await kinds(datagram(1n, first), datagram(1n, message(withdrawalOfAll)), datagram(1n, second)), [])
})

test('-produce report: what was wrong on a connection is found when that has ended, and beside others of its exporter', async () => {
  const broken = message(set(2, u16(300, 1, 1, 0))) // records of no bytes
  const found = async (...datagrams: Buffer[]): Promise<unknown> => (await produced('report', ...datagrams))[0].errors
  const end = datagram(1n, Buffer.alloc(0))
  assert.deepEqual(await found(datagram(1n, broken), end), { 'malformed-template': 1 })
  assert.deepEqual(await found(datagram(1n, broken), datagram(2n, broken), end, datagram(0n, message(bytesTemplate))), {
    'malformed-template': 2
  })
})

test('the end of a connection is no datagram', async () => {
  const { stderr } = await runTool(
    'flow-decode',
    [],
    Buffer.concat([datagram(1n, message(bytesTemplate, data)), datagram(1n, Buffer.alloc(0))])
  )
  assert.match(stderr, /: 1 datagram in, 1 flow out/)
})
