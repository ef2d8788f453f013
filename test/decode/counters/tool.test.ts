/** flow-decode -counters, and what takes its stream, as processes. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { agentKey, textOf } from '../../../src/ship/key.js'
import { u32 } from '../../support/build-packet.js'
import { buildSflowDatagram, flowSample, structure } from '../../support/build-sflow.js'
import { datagramFrame, readFlows } from '../../support/datagram-stream.js'
import { countersOf, genericRecord, portName, readCounters, u64 } from '../../support/read-counters.js'
import { ROOT, runPipeline, runTool, startTool } from '../../support/tools.js'

const interfaceSample = (inOctets: bigint): Buffer =>
  countersOf({ source: 3, records: [genericRecord(3, { inOctets, outOctets: 5n }), portName('eth3')] })
const vlan = structure(5, Buffer.concat([u32(100), u64(77n), u32(1, 2, 3, 4)]))

const stream = Buffer.concat([
  datagramFrame({ payload: buildSflowDatagram({ samples: [interfaceSample(1_000_000n), flowSample()] }) }),
  datagramFrame({ payload: buildSflowDatagram({ sequence: 2, samples: [countersOf({ sourceClass: 1, source: 100, records: [vlan] })] }) })
])

async function withCounters(use: (file: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-counters-'))
  try {
    const file = path.join(folder, 'counters.bin')
    const { code, stderr, stdout } = await runTool('flow-decode', ['-counters', file], stream)
    assert.equal(code, 0, stderr)
    assert.match(stderr, /2 datagrams in, 1 flow out, 2 counter samples/)
    assert.equal(readFlows(stdout).length, 1)
    await use(file)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

test('counters go to a file, to a command and to a descriptor, flows are the same as without', async () => {
  const plain = await runTool('flow-decode', [], stream)
  await withCounters(async (file) => {
    const samples = readCounters(fs.readFileSync(file))
    assert.deepEqual(
      samples.map(({ source_class: kind, source_index: index, if_name: name }) => [kind, index, name]),
      [
        ['INTERFACE', 3, 'eth3'],
        ['VLAN', 100, undefined]
      ]
    )
    const command = await runPipeline(
      `flow-decode -counters >(flow-format -fields if_name,vlan.octets > ${file}.json; mv ${file}.json ${file}.done)`,
      stream
    )
    assert.deepEqual(command.stdout, plain.stdout)
    const descriptor = await runPipeline('(flow-decode -counters /dev/fd/3 3>&1 >/dev/null) | cat', stream)
    assert.deepEqual(descriptor.stdout, fs.readFileSync(file))
  })
})

test('flow-format prints counters in every format', async () => {
  await withCounters(async (file) => {
    const counters = fs.readFileSync(file)
    const format = async (...args: string[]): Promise<string> => (await runTool('flow-format', args, counters)).stdout.toString()
    const [first, second] = (await format())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, never>)
    assert.equal((first.generic_interface as { if_in_octets: number }).if_in_octets, 1_000_000)
    assert.equal(first.agent, '192.0.2.254')
    assert.deepEqual(second.values, {
      'vlan.vlan_id': 100,
      'vlan.octets': 77,
      'vlan.ucast_pkts': 1,
      'vlan.multicast_pkts': 2,
      'vlan.broadcast_pkts': 3,
      'vlan.discards': 4
    })
    assert.equal(
      await format('-fields', 'if_name,if_in_octets,vlan.octets'),
      '{"if_name":"eth3","if_in_octets":1000000,"vlan.octets":null}\n{"if_name":null,"if_in_octets":null,"vlan.octets":77}\n'
    )
    assert.equal(
      await format('-format', 'csv', '-fields', 'agent,if_name,if_in_octets'),
      'agent,if_name,if_in_octets\n192.0.2.254,eth3,1000000\n192.0.2.254,,\n'
    )
    assert.match(await format('-format', 'csv'), /^time_received_ns,agent,sub_agent,.*generic_interface\.if_in_octets,/)
    assert.equal(
      await format('-format', 'text', '-fields', 'if_name,generic_interface.if_out_octets'),
      'if_name=eth3 generic_interface.if_out_octets=5\nif_name= generic_interface.if_out_octets=\n'
    )
    assert.match(await format('-format', 'text'), / generic_interface\.if_status=3 .* port_name\.name=eth3\n/)
    assert.equal(await format('-format', 'bin'), counters.toString())
    assert.deepEqual(
      (await format('-format', 'table')).split('\n').map((line) => line.replace(/ +/g, ' ')),
      [
        'time agent source name up speed in_octets in_pkts in_err in_drop out_octets out_pkts out_err out_drop',
        '2023-11-14 22:13:21.234 192.0.2.254 if 3 eth3 up 1.00G 1.00M 5 5 4 5 24 11 10',
        '2023-11-14 22:13:21.234 192.0.2.254 vlan 100 77 4',
        ''
      ]
    )
    assert.match(await format('-format', 'table', '-exact', '-fields', 'if_name,if_in_octets'), /eth3 +1000000\n/)
  })
})

test('names that are neither of flows nor of counters, or of the other stream, are told', async () => {
  const unknown = await runTool('flow-format', ['-fields', 'src_adr'], stream)
  assert.equal(unknown.code, 64)
  assert.match(unknown.stderr, /unknown field 'src_adr'/)
  await withCounters(async (file) => {
    const wrong = await runTool('flow-format', ['-fields', 'src_addr'], fs.readFileSync(file))
    assert.equal(wrong.code, 64)
    assert.match(wrong.stderr, /unknown counter 'src_addr'/)
  })
  const flows = await runTool('flow-decode', [], stream)
  const other = await runTool('flow-format', ['-fields', 'if_in_octets'], flows.stdout)
  assert.equal(other.code, 64)
  assert.match(other.stderr, /unknown field 'if_in_octets'/)
})

test('what takes flows or datagrams says that these are counters; Kafka keys them by their agent', async () => {
  await withCounters(async (file) => {
    const counters = fs.readFileSync(file)
    for (const [tool, ...args] of [['flow-filter', 'any'], ['flow-agg'], ['flow-enrich', '-samplingrate', '2'], ['flow-decode']]) {
      const { code, stderr } = await runTool(tool, args, counters)
      assert.equal(code, 65, tool)
      assert.match(stderr, /carries sFlow counters, not (flows|datagrams): flow-format \(json, text, csv, table\) and flow-kafka take them/)
    }
    const length = counters[0] < 0x80 ? 1 : 2
    assert.equal(textOf(agentKey()(counters, length, counters.length)), '192.0.2.254')
  })
})

test('flow-format counts them by their name', async () => {
  await withCounters(async (file) => {
    const { stderr } = await runTool('flow-format', [file])
    assert.match(stderr, /\d+ counter samples? in, /)
  })
})

test('a socket that is a descriptor is written to as well', async () => {
  // Node's pipes to children are sockets, which no file of /dev/fd opens
  const child = spawn(path.join(ROOT, 'bin/flow-decode'), ['-counters', '/dev/fd/3'], { stdio: ['pipe', 'ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  child.stdio[3]!.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stdin!.end(stream)
  assert.deepEqual(await once(child, 'close'), [0, null])
  await withCounters((file) => {
    assert.deepEqual(Buffer.concat(chunks), fs.readFileSync(file))
    return Promise.resolve()
  })
})

test('-counters needs a place that can be written, and flows', async () => {
  const nowhere = await runTool('flow-decode', ['-counters', '/nonexistent/counters'], stream)
  assert.equal(nowhere.code, 73)
  assert.match(nowhere.stderr, /-counters: cannot write \/nonexistent\/counters: /)
  const raw = await runTool('flow-decode', ['-counters', '/dev/null', '-produce', 'raw'], stream)
  assert.equal(raw.code, 64)
})

test('/counters has the counters while flow-decode runs', async () => {
  const decode = startTool('flow-decode', ['-addr', '127.0.0.1:0'])
  await decode.until(() => /metrics at http:\/\/\S+/.test(decode.stderr()))
  const base = /http:\/\/[^/\s]+/.exec(decode.stderr())![0]
  decode.stdin.write(stream)
  await decode.until(() => decode.stdout().length > 0)
  const response = await fetch(`${base}/counters`)
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  const page = await response.text()
  assert.match(page, /^sflow_if_in_octets_total\{agent="192\.0\.2\.254",if_index="3",if_name="eth3"\} 1000000$/m)
  const metrics = await (await fetch(`${base}/metrics`)).text()
  assert.match(metrics, /^flow_decode_counter_series \d+$/m)
  decode.stdin.end()
  assert.equal((await decode.ended).code, 0)
})
