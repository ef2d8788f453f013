import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { parse } from 'yaml'
import { v5 } from '../support/build-netflow.js'
import { buildSflowDatagram } from '../support/build-sflow.js'
import { datagramFrame } from '../support/datagram-stream.js'
import { countersOf, genericRecord, portName } from '../support/read-counters.js'
import { ROOT, runTool } from '../support/tools.js'

interface Service {
  image?: string
  build?: string
  command?: string[]
  volumes?: string[]
  depends_on?: Record<string, unknown> | string[]
}

const COMPOSE = path.join(ROOT, 'compose')
const TOOLS = fs.readdirSync(path.join(ROOT, 'bin')).filter((name) => name.startsWith('flow-'))

for (const folder of fs.readdirSync(COMPOSE)) {
  test(`compose/${folder}: services, the files they mount, the tools they run`, () => {
    const { services, volumes } = parse(fs.readFileSync(path.join(COMPOSE, folder, 'compose.yaml'), 'utf8')) as {
      services: Record<string, Service>
      volumes: Record<string, null>
    }
    for (const [name, service] of Object.entries(services)) {
      assert.ok((service.image === undefined) !== (service.build === undefined), `${name} has an image or builds one`)
      if (service.build !== undefined) assert.ok(fs.existsSync(path.join(COMPOSE, folder, service.build, 'Dockerfile')))
      for (const volume of service.volumes ?? []) {
        const [from] = volume.split(':')
        if (from.startsWith('.')) assert.ok(fs.existsSync(path.join(COMPOSE, folder, from)), `${name} mounts ${from}`)
        else assert.ok(from in volumes, `${name} mounts the volume ${from}`)
      }
      const needed = Array.isArray(service.depends_on) ? service.depends_on : Object.keys(service.depends_on ?? {})
      for (const other of needed) assert.ok(other in services, `${name} depends on ${other}`)
      for (const [tool] of (service.command ?? []).join(' ').matchAll(/\bflow-[a-z]+\b(?! *[;&])/g)) assert.ok(TOOLS.includes(tool), `${name} runs ${tool}`)
    }
    assert.ok(fs.existsSync(path.join(COMPOSE, folder, 'README.md')))
  })
}

test('what Grafana is provisioned with is YAML and JSON, its panels ask tables that init.sql makes', () => {
  const folder = path.join(COMPOSE, 'clickhouse')
  for (const file of ['datasource.yaml', 'dashboards.yaml']) parse(fs.readFileSync(path.join(folder, 'grafana', file), 'utf8'))
  const sql = fs.readFileSync(path.join(folder, 'clickhouse/init.sql'), 'utf8')
  const { panels } = JSON.parse(fs.readFileSync(path.join(folder, 'grafana/flows.json'), 'utf8')) as { panels: { targets: { rawSql: string }[] }[] }
  for (const { rawSql } of panels.flatMap(({ targets }) => targets)) {
    const [, table] = /FROM (\S+)/.exec(rawSql)!
    assert.match(sql, new RegExp(`CREATE TABLE IF NOT EXISTS ${table.replace('.', '\\.')}\n`))
  }
})

const PYTHON = process.env.CHDB_PYTHON ?? 'python3'
const withoutChdb = spawnSync(PYTHON, ['-c', 'import chdb']).status === 0 ? false : 'no ClickHouse engine: the Python package chdb is not installed (CHDB_PYTHON names a python that has it)'

test('init.sql runs on ClickHouse, and its tables hold the flows that flow-decode wrote', { skip: withoutChdb }, async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-clickhouse-'))
  try {
    const payload = v5(
      { sampling: 0x4064 },
      { src: '192.0.2.1', dst: '198.51.100.1', bytes: 1000, packets: 10, protocol: 6, srcPort: 443, dstPort: 50000, srcAs: 64500, tcpFlags: 0x1b, input: 3, first: 999_000, last: 1_000_000 },
      { src: '192.0.2.2', dst: '198.51.100.2', bytes: 500, packets: 1, protocol: 17 }
    )
    const file = path.join(folder, 'flows.bin')
    // of now: init.sql keeps flows for a week
    const now = new Date()
    fs.writeFileSync(file, (await runTool('flow-decode', [], datagramFrame({ payload, received: BigInt(now.getTime()) * 1_000_000n }))).stdout)
    const counters = path.join(folder, 'counters.bin')
    const sample = countersOf({ source: 3, records: [genericRecord(3, { inOctets: 1n << 40n, outOctets: 7n }), portName('eth3')] })
    await runTool('flow-decode', ['-counters', counters], datagramFrame({ payload: buildSflowDatagram({ samples: [sample] }), received: BigInt(now.getTime()) * 1_000_000n }))
    const script = path.join(ROOT, 'test/compose/clickhouse.py')
    const output = execFileSync(PYTHON, [script, path.join(COMPOSE, 'clickhouse/clickhouse/init.sql'), path.join(ROOT, 'proto'), file, counters], { encoding: 'utf8', env: { ...process.env, TZ: 'UTC' } })
    const [first, second, sums, counted] = output.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual(
      { ...first, flow_start: undefined, flow_end: undefined },
      {
        time: now.toISOString().replace('T', ' ').replace('Z', ''), type: 'NETFLOW_V5', flow_start: undefined, flow_end: undefined, exporter: '::ffff:192.0.2.9', sampling_rate: 100, bytes: 1000,
        packets: 10, src_addr: '::ffff:192.0.2.1', dst_addr: '::ffff:198.51.100.1', etype: 2048, proto: 6, src_port: 443, dst_port: 50000, in_if: 3, out_if: 0,
        tcp_flags: 27, src_as: 64500, dst_as: 0, src_country: '', dst_country: ''
      }
    )
    assert.equal(second.proto, 17)
    assert.deepEqual([Number(sums.flows), Number(sums.bytes)], [2, 150_000])
    assert.deepEqual(
      [counted.exporter, counted.if_index, counted.if_name, Number(counted.in_octets), Number(counted.out_octets), Number(counted.if_speed)],
      ['::ffff:192.0.2.254', 3, 'eth3', 2 ** 40, 7, 1_000_000_000]
    )
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
})
