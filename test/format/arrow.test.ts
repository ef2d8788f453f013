/** flow-format -format arrow, read by apache-arrow, pyarrow, DuckDB and polars. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { tableFromIPC } from 'apache-arrow'
import { type FlowSpec, flowFrame, flowStream } from '../agg/aggregating.js'
import { runTool, startTool } from '../support/tools.js'

const PYTHON = process.env.DUCKDB_PYTHON ?? 'python3'
const withoutPython: string | false =
  spawnSync(PYTHON, ['-c', 'import duckdb, pyarrow, polars']).status === 0
    ? false
    : 'no DuckDB with pyarrow and polars: the Python packages are not installed (DUCKDB_PYTHON names a python that has them)'

const FLOW: FlowSpec = {
  type: 4,
  time_received_ns: 1_700_000_001_234_567_890n,
  bytes: 2n ** 64n - 1n,
  src_addr: 'c0000201',
  dst_addr: '20010db8000000000000000000000001',
  dst_port: 443,
  src_country: 'CH',
  in_if_name: 'é "1"',
  as_path: [64_500, 2 ** 32 - 1],
  src_mac: 0x02005e100001n
}
/** Field 3000, which nobody knows. */
const UNKNOWN = Buffer.from([0xc2, 0xbb, 0x01, 1, 0x55])

/** More than a batch, with texts that differ from batch to batch. */
const MANY = Array.from({ length: 40_000 }, (_, i): FlowSpec => ({
  src_addr: (0x0a000000 + (i >> 3)).toString(16).padStart(8, '0'),
  bytes: BigInt(i + 1)
}))

test('typed columns under the names of the schema; absent is null', async () => {
  const { stdout, code, stderr } = await runTool(
    'flow-format',
    ['-format', 'arrow'],
    Buffer.concat([flowFrame(FLOW), flowFrame({ proto: 6 })])
  )
  assert.equal(code, 0)
  assert.equal(stderr, 'flow-format: 2 flows in, 2 lines out\n')
  const table = tableFromIPC(stdout)
  const typeOf = (name: string): string => String(table.schema.fields.find((field) => field.name === name)?.type)
  assert.deepEqual(['bytes', 'dst_port', 'src_addr', 'time_received_ns', 'as_path', 'type', 'unknown_fields'].map(typeOf), [
    'Uint64',
    'Uint32',
    'Dictionary<Int32, Utf8>',
    'Timestamp<NANOSECOND, UTC>',
    'List<Uint32>',
    'Dictionary<Int32, Utf8>',
    'Binary'
  ])
  const first = table.get(0)?.toJSON() ?? {}
  assert.equal(first.bytes, 2n ** 64n - 1n)
  assert.equal(first.src_addr, '192.0.2.1')
  assert.equal(first.dst_addr, '2001:db8::1')
  assert.equal(first.in_if_name, 'é "1"')
  assert.equal(first.src_mac, '02:00:5e:10:00:01')
  assert.equal(first.type, 'IPFIX')
  assert.deepEqual([...(first.as_path as Iterable<number>)], [64_500, 2 ** 32 - 1])
  assert.deepEqual([first.proto, table.get(1)?.toJSON().proto, table.get(1)?.toJSON().src_addr], [null, 6, null])
})

test('-fields chooses columns; batches have dictionaries of their own; no flows are a schema without rows', async () => {
  const chosen = await runTool('flow-format', ['-format', 'arrow', '-fields', 'bytes,src_addr'], flowStream(MANY))
  const table = tableFromIPC(chosen.stdout)
  assert.deepEqual(
    table.schema.fields.map(({ name }) => name),
    ['bytes', 'src_addr']
  )
  assert.ok(table.batches.length > 2)
  let row = 0
  for (const { bytes, src_addr } of table) {
    assert.equal(bytes, BigInt(row + 1))
    assert.equal(src_addr, `10.0.${row >> 11}.${(row >> 3) & 255}`)
    row++
  }
  assert.equal(row, MANY.length)
  const none = await runTool('flow-format', ['-format', 'arrow'], Buffer.alloc(0))
  assert.equal(none.code, 0)
  const empty = tableFromIPC(none.stdout)
  assert.deepEqual([empty.numRows, empty.schema.fields.length > 100], [0, true])
})

test('a flow does not wait for the batch to fill', async () => {
  const tool = startTool('flow-format', ['-format', 'arrow', '-fields', 'bytes'])
  tool.stdin.write(flowFrame(FLOW))
  await tool.until(() => tool.stdout().length > 0 && tableFromIPC(tool.stdout()).numRows === 1)
  tool.stdin.end()
  assert.equal((await tool.ended).code, 0)
})

test('what arrow cannot do is said', async () => {
  for (const [args, message] of [
    [['-fields', 'bps'], /'bps' is computed/],
    [['-fields', 'byts'], /unknown field/],
    [['-exact'], /-exact is for -format table/],
    [['-transport.file', 'x'], /> FILE/],
    [['-transport.file.sep', '\\n'], /arrow has no lines/]
  ] as const) {
    const { code, stderr } = await runTool('flow-format', ['-format', 'arrow', ...args], Buffer.alloc(0))
    assert.equal(code, 64, stderr)
    assert.match(stderr, message)
  }
})

const READ = `
import sys, json, duckdb, polars, pyarrow.ipc
flows = pyarrow.ipc.open_stream(sys.argv[1]).read_all()
sums = duckdb.sql("SELECT src_addr, count(*), sum(bytes)::VARCHAR FROM flows GROUP BY ALL ORDER BY ALL NULLS FIRST").fetchall()
frame = polars.read_ipc_stream(sys.argv[1])
print(json.dumps({"types": {f.name: str(f.type) for f in flows.schema}, "sums": sums, "rows": frame.height, "bytes": str(frame["bytes"].cast(polars.Int128).sum()),
  "unknown": [v.hex() for v in flows["unknown_fields"].to_pylist() if v is not None], "time": str(flows["time_received_ns"].drop_null().cast("int64")[0])}))
`

test('pyarrow, DuckDB and polars read it', { skip: withoutPython }, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'arrow-'))
  try {
    const odd = flowFrame(FLOW)
    const withUnknown = Buffer.concat([Buffer.from([odd[0] + UNKNOWN.length]), odd.subarray(1), UNKNOWN])
    assert.ok(withUnknown[0] < 0x80)
    const { stdout } = await runTool('flow-format', ['-format', 'arrow'], Buffer.concat([withUnknown, flowStream(MANY)]))
    const file = path.join(folder, 'flows.arrows')
    fs.writeFileSync(file, stdout)
    const { stdout: said, stderr } = spawnSync(PYTHON, ['-c', READ, file], { encoding: 'utf8' })
    assert.equal(stderr, '')
    const read = JSON.parse(said) as Record<string, unknown> & { types: Record<string, string>; sums: [string, number, string][] }
    assert.match(read.types.src_addr, /^dictionary<values=string/)
    assert.equal(read.types.time_received_ns, 'timestamp[ns, tz=UTC]')
    assert.equal(read.types.bytes, 'uint64')
    assert.equal(read.rows, MANY.length + 1)
    assert.deepEqual(read.unknown, [UNKNOWN.toString('hex')])
    assert.equal(read.time, '1700000001234567890')
    assert.equal(read.bytes, String(2n ** 64n - 1n + (40_000n * 40_001n) / 2n))
    assert.equal(read.sums.length, MANY.length / 8 + 1)
    const [, first] = read.sums
    assert.deepEqual(first, ['10.0.0.1', 8, String(9 + 10 + 11 + 12 + 13 + 14 + 15 + 16)])
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})
