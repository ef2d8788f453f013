import assert from 'node:assert/strict'
import fs from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { spawn } from 'node:child_process'
import { be, ipfix, ipv4, optionsTemplate10, set, template, v9 } from '../support/build-netflow.js'
import { decode } from '../support/decode.js'
import { datagramFrame, readFlows } from '../support/datagram-stream.js'
import { ROOT, runTool } from '../support/tools.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-templates-'))
test.after(() => {
  fs.rmSync(folder, { recursive: true })
})

const TEMPLATE = template(256, [
  [8, 4],
  [12, 4],
  [2, 4],
  [48, 2],
  [10, 4]
])
const record = (packets: number): Buffer => Buffer.concat([ipv4('192.0.2.1'), ipv4('198.51.100.1'), be(packets, 4), be(7, 2), be(3, 4)])
const data = (packets: number): Buffer => set(256, record(packets))
const before = [
  v9({ sequence: 1 }, set(0, TEMPLATE), data(1)),
  ipfix({ sequence: 1, domain: 5 }, set(3, optionsTemplate10(300, [[302, 2]], [[34, 4]])), set(300, be(7, 2), be(1000, 4))),
  ipfix({ sequence: 2, domain: 5 }, set(3, optionsTemplate10(301, [[10, 4]], [[82, 8]])), set(301, be(3, 4), Buffer.from('eth3\0\0\0\0'))),
  ipfix(
    { sequence: 3, domain: 5 },
    set(
      2,
      template(256, [
        [8, 4],
        [12, 4],
        [2, 4],
        [302, 2],
        [10, 4],
        [0x123, 65535, 9],
        [1, 8]
      ])
    )
  )
]
const after = [v9({ sequence: 2 }, data(2)), ipfix({ sequence: 3, domain: 5 }, set(256, record(9), Buffer.from([2, 65, 66]), be(99, 8)))]
const stream = (datagrams: Buffer[]): Buffer => Buffer.concat(datagrams.map((payload) => datagramFrame({ payload })))

test('restarted in the middle of a stream, it goes on without losing a flow, a rate or a name', async () => {
  const file = path.join(folder, 'restart.json')
  const first = await runTool('flow-decode', ['-templates.json.path', file], stream(before))
  const second = await runTool('flow-decode', ['-templates.json.path', file], stream(after))
  assert.equal(first.code, 0)
  assert.equal(second.code, 0)
  const flows = [...readFlows(first.stdout), ...readFlows(second.stdout)]
  assert.deepEqual(flows, (await decode([...before, ...after])).flows)
  assert.equal(flows.length, 3)
  assert.equal(flows[2].sampling_rate, '1000')
  assert.equal(flows[2].in_if_name, 'eth3')
})

test('the file is not written again when nothing changed', async () => {
  const file = path.join(folder, 'unchanged.json')
  await runTool('flow-decode', ['-templates.json.path', file], stream(before))
  const { mtimeNs, ino } = fs.statSync(file, { bigint: true })
  await runTool('flow-decode', ['-templates.json.path', file], stream([after[0]]))
  const now = fs.statSync(file, { bigint: true })
  assert.deepEqual([now.mtimeNs, now.ino], [mtimeNs, ino])
})

test('a broken file is told of and set aside, and what it has is decoded all the same', async () => {
  for (const broken of [
    '',
    '{',
    '{"version":3,"domains":[]}',
    '{"version":1,"domains":[{"exporter":"nowhere"}]}',
    '{"version":1,"domains":[null]}',
    '[]'
  ]) {
    const file = path.join(folder, 'broken.json')
    fs.writeFileSync(file, broken)
    const { code, stderr, stdout } = await runTool('flow-decode', ['-templates.json.path', file], stream(before))
    assert.equal(code, 0, stderr)
    assert.match(stderr, /set aside as .*broken\.json\.broken/)
    assert.equal(fs.readFileSync(`${file}.broken`, 'utf8'), broken)
    assert.equal(readFlows(stdout).length, 1)
    assert.match(fs.readFileSync(file, 'utf8'), /sourceIPv4Address/)
  }
})

test('a file of goflow2 is left alone', async () => {
  const file = path.join(folder, 'goflow2.json')
  for (const theirs of [
    '{"sampling-rates":{},"templates":{"192.0.2.1:50000":{"9/0/256":{}}}}',
    '{"templates":{}}',
    '{"192.0.2.1":{"10/5/300":{"template-id":300}}}'
  ]) {
    fs.writeFileSync(file, theirs)
    const { code, stderr } = await runTool('flow-decode', ['-templates.json.path', file], stream(before))
    assert.equal(code, 78)
    assert.match(stderr, /^flow-decode: -templates\.json\.path .*goflow2's and is left alone[^\n]*\n$/)
    assert.equal(fs.readFileSync(file, 'utf8'), theirs)
  }
})

test('a file of version 1, without ports, counts as another port', async () => {
  const file = path.join(folder, 'old.json')
  await runTool('flow-decode', ['-templates.json.path', file], stream(before))
  const saved = JSON.parse(fs.readFileSync(file, 'utf8')) as { version: number; domains: Record<string, unknown>[] }
  assert.equal(saved.version, 2)
  assert.deepEqual(new Set(saved.domains.map(({ port }) => port)), new Set([40000]))
  for (const domain of saved.domains) delete domain.port
  fs.writeFileSync(file, JSON.stringify({ ...saved, version: 1 }))
  const { stdout } = await runTool('flow-decode', ['-templates.json.path', file], stream(after))
  assert.deepEqual(readFlows(stdout), (await decode([...before, ...after])).flows.slice(1))
})

test('a redefinition that is refused is so after a restart too', async () => {
  const file = path.join(folder, 'refused.json')
  const refused = v9({ sequence: 2 }, set(0, template(256, [[8, 0]])))
  await runTool('flow-decode', ['-templates.json.path', file], stream([before[0], refused]))
  const { stdout, stderr } = await runTool('flow-decode', ['-templates.json.path', file], stream([after[0]]))
  assert.equal(stdout.length, 0)
  assert.match(stderr, /template-not-found/)
})

test('a folder that is not there is refused', async () => {
  const { code, stderr } = await runTool('flow-decode', ['-templates.json.path', path.join(folder, 'none', 't.json')])
  assert.equal(code, 73)
  assert.match(stderr, /^flow-decode: -templates\.json\.path .*there is no folder [^\n]*\n$/)
})

test('templates that are not defined again are forgotten after their time, used or not', async () => {
  const { decoder } = await decode(before, { templateTtlMs: 1e-3 })
  assert.notEqual([...decoder.state()].flatMap(({ templates }) => templates).length, 0)
  decoder.sweep()
  assert.deepEqual(
    [...decoder.state()].flatMap(({ templates }) => templates),
    []
  )
})

test('/templates shows them by exporter, version and domain, the fields by name', async () => {
  const child = spawn(path.join(ROOT, 'bin/flow-decode'), ['-addr', '127.0.0.1:0'], { stdio: 'pipe' })
  child.stdin.write(stream(before))
  const address = await new Promise<string>((resolve) => {
    let text = ''
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const match = /http:\/\/([^/]+)\/metrics/.exec(text)
      if (match !== null) resolve(match[1])
    })
  })
  const get = (page: string): Promise<string> =>
    new Promise((resolve, reject) => {
      http
        .get(`http://${address}${page}`, (response) => {
          let body = ''
          response.on('data', (chunk: Buffer) => (body += chunk.toString()))
          response.on('end', () => {
            resolve(body)
          })
        })
        .on('error', reject)
    })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const domains = JSON.parse(await get('/templates')) as {
    exporter: string
    version: number
    domain: number
    templates: { id: number; fields: { name: string }[] }[]
  }[]
  assert.deepEqual(
    domains.map(({ exporter, version, domain }) => [exporter, version, domain]),
    [
      ['192.0.2.9', 9, 0],
      ['192.0.2.9', 10, 5]
    ]
  )
  assert.deepEqual(
    domains[0].templates[0].fields.map(({ name }) => name),
    ['sourceIPv4Address', 'destinationIPv4Address', 'packetDeltaCount', 'samplerId', 'ingressInterface']
  )
  assert.match(await get('/metrics'), /flow_decode_templates 4/)
  child.stdin.end()
  await new Promise((resolve) => child.on('close', resolve))
})
