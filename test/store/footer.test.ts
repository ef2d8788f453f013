/** What a Parquet file's footer says of its columns is what pyarrow reads of them; a broken footer says nothing. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { columnsWithValues as columnsOf } from '../../src/store/footer.js'
import { runTool } from '../support/tools.js'
import { filesIn, flowAt, newFolder, NINE } from './storing.js'

const FLOWS = Buffer.concat([flowAt(NINE), flowAt(NINE + 1, { as_path: [64500, 64501], src_port: 53 }), flowAt(NINE + 2)])

/** The columns with values of the file of that name. */
async function columnsWithValues(file: string): Promise<string[] | undefined> {
  const handle = await fs.promises.open(file)
  try {
    return await columnsOf(handle)
  } finally {
    await handle.close()
  }
}

/** The Parquet file of a new store that has the flows. */
async function stored(t: test.TestContext, flows: Buffer): Promise<string> {
  const dir = newFolder(t)
  assert.equal((await runTool('flow-store', ['-dir', dir], flows)).code, 0)
  return path.join(dir, filesIn(dir)[0])
}

test('of our files: the columns that have a value in any row', async (t) => {
  const file = await stored(t, FLOWS)
  const columns = await columnsWithValues(file)
  for (const name of ['time_received_ns', 'src_addr', 'bytes', 'as_path', 'src_port']) assert.ok(columns?.includes(name), name)
  for (const name of ['src_country', 'sampling_rate', 'bgp_communities', 'unknown_fields']) assert.ok(!columns?.includes(name), name)
})

const PYTHON = process.env.DUCKDB_PYTHON ?? 'python3'
const skip =
  spawnSync(PYTHON, ['-c', 'import duckdb, pyarrow']).status === 0
    ? false
    : 'no DuckDB or pyarrow: the Python packages are not installed (DUCKDB_PYTHON names a python that has them)'

/** Writes the table of a file anew in row groups of one row, with statistics and without, and prints its columns that have values. */
const REWRITE = `
import json, sys, pyarrow.parquet as pq
table = pq.read_table(sys.argv[1])
for name, told in [('told', True), ('untold', False)]:
    pq.write_table(table, sys.argv[2] + '/' + name, row_group_size=1, write_statistics=told)
print(json.dumps([name for name in table.column_names if table[name].null_count < len(table)]))
`

test('files of another writer: all columns where it tells no nulls', { skip }, async (t) => {
  const file = await stored(t, FLOWS)
  const dir = newFolder(t)
  const { stdout, stderr, status } = spawnSync(PYTHON, ['-c', REWRITE, file, dir], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  const withValues = (JSON.parse(stdout) as string[]).sort()
  assert.deepEqual((await columnsWithValues(path.join(dir, 'told')))?.sort(), withValues)
  const ours = await columnsWithValues(file)
  assert.ok(withValues.every((name) => ours?.includes(name)))
  assert.ok((await columnsWithValues(path.join(dir, 'untold')))!.length > 100)
})

test('a footer that is cut, or that has any byte changed, is refused or says something, and never more', async (t) => {
  const file = await stored(t, flowAt(NINE))
  const bytes = fs.readFileSync(file)
  const length = bytes.readUInt32LE(bytes.length - 8)
  const changed = path.join(newFolder(t), 'changed')
  for (let at = bytes.length - length; at < bytes.length; at += 37) {
    const copy = Buffer.from(bytes)
    copy[at] ^= 0xff
    fs.writeFileSync(changed, copy)
    const columns = await columnsWithValues(changed)
    assert.ok(columns === undefined || Array.isArray(columns))
    fs.writeFileSync(changed, bytes.subarray(0, at))
    assert.equal(await columnsWithValues(changed), undefined)
  }
})
