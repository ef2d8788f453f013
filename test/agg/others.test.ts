/** flow-agg beside nfdump and DuckDB: the same captures, the same sums. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { CAPTURES, withoutCaptures } from '../support/shared.js'
import { nfdump, sendDatagrams, withNfcapd, withoutNfdump } from '../support/nfdump.js'
import { ROOT, runPipeline } from '../support/tools.js'

const FIXTURES = path.join(ROOT, 'test/fixtures')
const REAL = ['generated/softflowd-v9.pcap', 'generated/softflowd-v5.pcap', 'generated/ovs-netflow-v5.pcap', 'datadog/netflow9.pcapng']

interface Row {
  key: string
  flows: number
  packets: number
  bytes: number
}

/** The first of a sorted list, with what is as large as the last of them left out: there the order is the tool's own. */
function first(rows: readonly Row[], count: number): Row[] {
  const last = rows.length > count ? rows[count].bytes : -1
  return rows.slice(0, count).filter(({ bytes }) => bytes !== last)
}

const byValue = (a: Row, b: Row): number => b.bytes - a.bytes || (a.key < b.key ? -1 : 1)

async function ours(capture: string, by: string, top: number, more = ''): Promise<Row[]> {
  const { stdout, stderr, code } = await runPipeline(
    `flow-pcap '${capture}' | flow-decode | flow-agg -by ${by} -top ${top} ${more} | flow-format`
  )
  assert.equal(code, 0, stderr)
  const lines = stdout.toString().trimEnd().split('\n')
  return lines
    .map((line) => JSON.parse(line) as Record<string, string | number | undefined>)
    .filter(({ groups }) => groups === undefined)
    .map((message) => ({
      key: String(message[by.split('/')[0]] ?? 0),
      flows: Number(message.flows),
      packets: Number(message.packets ?? 0),
      bytes: Number(message.bytes ?? 0)
    }))
}

const captures = (skip: string | false): [name: string, file: string, skip: string | false][] => [
  ...['softflowd-v9.pcap', 'nfprobe-v9.pcap', 'softflowd-v5.pcap'].map((name): [string, string, string | false] => [
    name,
    path.join(FIXTURES, name),
    skip
  ]),
  ...REAL.map((name): [string, string, string | false] => [name, path.join(CAPTURES, name), skip === false ? withoutCaptures : skip])
]

for (const [name, file, skip] of captures(withoutNfdump)) {
  test(`nfdump -s …/bytes -n 10 agrees on ${name}`, { skip }, async () => {
    const { stdout } = await runPipeline(`flow-pcap '${file}'`)
    await withNfcapd(
      (port) => sendDatagrams(stdout, port),
      async (folder) => {
        for (const [by, element] of [
          ['src_addr', 'srcip'],
          ['dst_addr', 'dstip'],
          ['src_port', 'srcport'] // its dstport holds type and code of ICMP, its ip counts a flow to oneself twice
        ]) {
          const theirs = nfdump(folder, ['-s', `${element}/bytes`, '-n', '11']).map((row) => ({
            key: row.val === '0.0.0.1' ? '::1' : row.val, // it shows an IPv6 address of which the upper half is zero as IPv4
            flows: Number(row.fl),
            packets: Number(row.pkt),
            bytes: Number(row.byt)
          }))
          assert.ok(theirs.length > 0)
          // nfcapd does not multiply
          const mine = await ours(file, by, 11, '-raw-counts')
          assert.deepEqual(first(mine, 10).sort(byValue), first(theirs, 10).sort(byValue), by)
        }
      }
    )
  })
}

const PYTHON = process.env.DUCKDB_PYTHON ?? 'python3'
const withoutDuckdb: string | false =
  spawnSync(PYTHON, ['-c', 'import duckdb']).status === 0
    ? false
    : 'no DuckDB: the Python package duckdb is not installed (DUCKDB_PYTHON names a python that has it)'

const QUERY = `
import json, sys, duckdb
file, *keys = sys.argv[1:]
for key in keys: print(json.dumps(duckdb.sql(f"""SELECT {key} AS key, count(*) AS flows, sum(packets * greatest(coalesce(sampling_rate, 1), 1))::UBIGINT AS packets,
  sum(bytes * greatest(coalesce(sampling_rate, 1), 1))::UBIGINT AS bytes FROM read_json('{file}', format = 'newline_delimited', union_by_name = true,
  columns = {{ src_addr: 'VARCHAR', src_as: 'UBIGINT', dst_port: 'UBIGINT', bytes: 'UBIGINT', packets: 'UBIGINT', sampling_rate: 'UBIGINT' }})
  GROUP BY ALL ORDER BY bytes DESC NULLS LAST""").fetchall()))
`

for (const [name, file, skip] of [['demo.pcap', path.join(FIXTURES, 'demo.pcap'), withoutDuckdb] as const, ...captures(withoutDuckdb)]) {
  test(`DuckDB over the JSON agrees on ${name}`, { skip }, async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'duckdb-'))
    try {
      const json = path.join(folder, 'flows.json')
      const { code } = await runPipeline(`flow-pcap '${file}' | flow-decode | flow-format > '${json}'`)
      assert.equal(code, 0)
      const keys = ['src_addr', 'src_as', 'dst_port']
      const { stdout, stderr } = spawnSync(PYTHON, ['-c', QUERY, json, ...keys], { encoding: 'utf8' })
      const results = stdout.trimEnd().split('\n')
      assert.equal(results.length, keys.length, stderr)
      for (const [i, key] of keys.entries()) {
        const rows = JSON.parse(results[i]) as [string | number | null, number, number | null, number | null][]
        const theirs = rows.map(([value, flows, packets, bytes]) => ({
          key: String(value ?? 0),
          flows,
          packets: packets ?? 0,
          bytes: bytes ?? 0
        }))
        assert.ok(theirs.length > 0)
        assert.deepEqual((await ours(file, key, 1_000_000)).sort(byValue), theirs.sort(byValue), key)
      }
    } finally {
      fs.rmSync(folder, { recursive: true })
    }
  })
}
