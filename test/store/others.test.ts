/** What DuckDB and pyarrow read of the Parquet files is what flow-format shows of the flows. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { ROOT, runPipeline, runTool } from '../support/tools.js'
import { flowAt, newFolder, NINE } from './storing.js'

const PYTHON = process.env.DUCKDB_PYTHON ?? 'python3'
const skip =
  spawnSync(PYTHON, ['-c', 'import duckdb, pyarrow']).status === 0
    ? false
    : 'no DuckDB or pyarrow: the Python packages are not installed (DUCKDB_PYTHON names a python that has them)'

/** Both readers' types, and rows as JSON; they have to agree with each other. */
const READ = `
import base64, duckdb, glob, json, sys
import pyarrow.parquet as pq
files = sorted(glob.glob(sys.argv[1] + '/**/*.parquet', recursive=True))
def plain(value):
    if isinstance(value, list): return [plain(entry) for entry in value]
    return base64.b64encode(value).decode() if isinstance(value, (bytes, bytearray)) else value
columns = [f'epoch_ns("{c}")::UBIGINT AS "{c}"' if c.startswith('time_') else f'"{c}"' for c in pq.read_schema(files[0]).names]
query = duckdb.sql(f"SELECT {', '.join(columns)} FROM read_parquet({files}, hive_partitioning = false)")
duck = [{n: plain(v) for n, v in zip(query.columns, row) if v is not None} for row in query.fetchall()]
arrow = []
for file in files:
    table = pq.read_table(file)
    times = {n: table[n].cast('int64').to_pylist() for n in table.column_names if n.startswith('time_')}
    rows = table.drop(list(times)).to_pylist()
    for i, row in enumerate(rows):
        row |= {n: t[i] for n, t in times.items()}
        arrow.append({n: plain(v) for n, v in row.items() if v is not None})
key = lambda row: json.dumps(row, sort_keys=True)
assert sorted(map(key, duck)) == sorted(map(key, arrow)), 'DuckDB and pyarrow differ'
described = duckdb.sql(f"DESCRIBE SELECT * FROM read_parquet({files}, hive_partitioning = false)").fetchall()
schema = pq.read_schema(files[0])
print(json.dumps({'rows': duck, 'duckdb': {row[0]: row[1] for row in described}, 'arrow': {f.name: str(f.type) for f in schema},
  'ids': {f.name: int(f.metadata[b'PARQUET:field_id']) for f in schema if f.metadata and b'PARQUET:field_id' in f.metadata}}))
`

interface Read {
  rows: Record<string, unknown>[]
  duckdb: Record<string, string>
  arrow: Record<string, string>
  ids: Record<string, number>
}

function read(dir: string): Read {
  const { stdout, stderr, status } = spawnSync(PYTHON, ['-c', READ, dir], { encoding: 'utf8', maxBuffer: 2 ** 28 })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout.replace(/:\s*(\d{16,})/g, ': "$1"')) as Read
}

test('DuckDB and pyarrow read what the tools show, with the types of the fields', { skip }, async (t) => {
  const dir = newFolder(t)
  const json = path.join(dir, 'flows.json')
  const pipeline = `flow-pcap '${path.join(ROOT, 'test/fixtures/demo.pcap')}' | flow-decode > '${dir}/flows.bin' && flow-store -dir '${dir}/store' '${dir}/flows.bin' &&
    flow-format -mapping '${dir}/plain.yaml' '${dir}/flows.bin' > '${json}'`
  // etype, proto and prefix lengths are numbers in columns
  fs.writeFileSync(path.join(dir, 'plain.yaml'), 'formatter: { render: { etype: none, proto: none, src_net: none, dst_net: none } }\n')
  const { code, stderr } = await runPipeline(pipeline)
  assert.equal(code, 0, stderr)
  const flows = fs.readFileSync(json, 'utf8').trimEnd().split('\n')
  const told = flows.map((line) => JSON.parse(line.replace(/:(\d{16,})/g, ':"$1"')) as Record<string, unknown>)
  const { rows, duckdb, arrow, ids } = read(path.join(dir, 'store'))
  const sorted = (all: Record<string, unknown>[]): string[] => all.map((row) => JSON.stringify(Object.entries(row).sort())).sort()
  assert.deepEqual(sorted(rows), sorted(told))
  assert.equal(duckdb.src_addr, 'VARCHAR')
  assert.equal(duckdb.bytes, 'UBIGINT')
  assert.equal(duckdb.src_port, 'UINTEGER')
  assert.match(duckdb.time_received_ns, /^TIMESTAMP/)
  assert.equal(duckdb.as_path, 'UINTEGER[]')
  assert.equal(duckdb.unknown_fields, 'BLOB')
  assert.match(arrow.src_addr, /^dictionary<values=string, indices=int32/)
  assert.equal(arrow.time_received_ns, 'timestamp[ns, tz=UTC]')
  assert.equal(arrow.as_path, 'list<item: uint32>')
  assert.equal(ids.src_addr, 6)
})

test("files of IPv4 alone, of IPv6 alone and with fields of the user's own are one table", { skip }, async (t) => {
  const dir = newFolder(t)
  fs.writeFileSync(
    path.join(dir, 'mapping.yaml'),
    'formatter: { protobuf: [ { name: new_number, index: 5000, type: varint }, { name: new_bytes, index: 5001, type: bytes, array: true } ] }\n'
  )
  const six = Buffer.from('20010db8000000000000000000000001', 'hex')
  const runs: [string[], Buffer][] = [
    [['-mapping', path.join(dir, 'mapping.yaml')], flowAt(NINE, { new_number: 7, new_bytes: [Buffer.from('ab')] })],
    [['-mapping', path.join(dir, 'mapping.yaml')], flowAt(NINE + 1, { src_addr: six, next_hop: six })]
  ]
  for (const [args, stream] of runs) assert.equal((await runTool('flow-store', ['-dir', path.join(dir, 'store'), ...args], stream)).code, 0)
  const { rows, duckdb } = read(path.join(dir, 'store'))
  assert.deepEqual(rows.map(({ src_addr }) => src_addr).sort(), ['192.0.2.1', '2001:db8::1'])
  assert.equal(duckdb.new_number, 'UBIGINT')
  assert.equal(duckdb.new_bytes, 'BLOB[]')
  assert.ok(rows.some(({ new_number }) => new_number === 7))
})
