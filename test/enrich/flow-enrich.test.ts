import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { datagramFrame, readFlows } from '../support/datagram-stream.js'
import { mmdb, type MmdbOptions } from '../support/mmdb-writer.js'
import { ROOT, runPipeline, runTool, startTool } from '../support/tools.js'
import { bytesOf, flowFrame, frame } from './enriching.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-enrich-'))
after(() => {
  fs.rmSync(folder, { recursive: true })
})

function write(name: string, contents: Buffer | MmdbOptions): string {
  const file = path.join(folder, name)
  fs.writeFileSync(`${file}.new`, Buffer.isBuffer(contents) ? contents : mmdb(contents))
  fs.renameSync(`${file}.new`, file)
  return file
}

const asnDatabase = (asn: number): MmdbOptions => ({
  type: 'Test-ASN',
  networks: [['192.0.2.0/24', { autonomous_system_number: asn, autonomous_system_organization: `AS of ${asn}` }]]
})
const ASN = write('asn.mmdb', asnDatabase(64500))
const COUNTRY = write('country.mmdb', { type: 'Test-Country', networks: [['192.0.2.0/24', { country: { iso_code: 'DE' } }]] })
const CITY = write('city.mmdb', {
  type: 'Test-City',
  networks: [['192.0.2.0/24', { country: { iso_code: 'FR' }, city: { names: { en: 'Lyon' } } }]]
})
const GARBAGE = write('garbage.mmdb', Buffer.from('this is no database'))

const FLOW = flowFrame({ src_addr: bytesOf('192.0.2.1'), dst_addr: bytesOf('10.0.0.1'), src_as: 7 })

test('AS numbers and names, countries and cities', async () => {
  const { code, stdout, stderr } = await runTool(
    'flow-enrich',
    ['-db.asn', ASN, `-db.country=${COUNTRY}`, `--db.city=${CITY}`],
    Buffer.concat([FLOW, FLOW])
  )
  const [flow, same] = readFlows(stdout)
  assert.deepEqual(flow, {
    src_addr: 'c0000201',
    dst_addr: '0a000001',
    src_as: 64500,
    src_as_name: 'AS of 64500',
    src_country: 'DE',
    src_city: 'Lyon'
  })
  assert.deepEqual(same, flow)
  assert.equal(
    stderr,
    'flow-enrich: 2 flows in and out, 2 enriched; asn: 4 lookups, 2 hits, 2 misses' +
      '; country: 4 lookups, 2 hits, 2 misses; city: 4 lookups, 2 hits, 2 misses\n'
  )
  assert.equal(code, 0)
})

test('a city database gives the country where there is no country database', async () => {
  const { stdout } = await runTool('flow-enrich', ['-db.city', CITY, '-samplingrate', '1000', '-db.asn='], FLOW)
  assert.deepEqual(readFlows(stdout), [
    { src_addr: 'c0000201', dst_addr: '0a000001', src_as: 7, sampling_rate: '1000', src_country: 'FR', src_city: 'Lyon' }
  ])
})

test('keep-as', async () => {
  const { stdout } = await runTool('flow-enrich', ['-db.asn', ASN, '-keep-as'], FLOW)
  assert.deepEqual(stdout, FLOW)
})

test('a message that is no protobuf passes, and is told of at the end', async () => {
  const stream = Buffer.concat([FLOW, frame(Buffer.from([0x32, 9])), frame(Buffer.alloc(0))])
  const { code, stdout, stderr } = await runTool('flow-enrich', ['-db.country', COUNTRY], stream)
  assert.deepEqual(stdout.subarray(-4), Buffer.from([2, 0x32, 9, 0]))
  assert.match(stderr, /^flow-enrich: 3 flows in and out, 1 enriched, 1 malformed; country: /)
  assert.equal(code, 0)
})

test('a file that is not there: exit 66, one line with the option, the file and where it was looked for', async () => {
  const gone = await runTool('flow-enrich', ['-db.asn', '/nowhere/asn.mmdb'], FLOW)
  assert.equal(gone.code, 66)
  assert.equal(gone.stderr, 'flow-enrich: -db.asn /nowhere/asn.mmdb cannot be opened: no such file\n')
  const named = await runTool('flow-enrich', ['-db.city', 'no-such-city.mmdb'], FLOW)
  assert.equal(named.code, 66)
  assert.match(
    named.stderr,
    /^flow-enrich: -db\.city no-such-city\.mmdb cannot be opened: no such file, neither here nor in \/usr\/share\/GeoIP, [^\n]*\n$/
  )
  const directory = await runTool('flow-enrich', ['-db.country', folder], FLOW)
  assert.equal(directory.code, 66)
  assert.equal(directory.stderr, `flow-enrich: -db.country ${folder} cannot be opened: is a directory\n`)
  assert.equal(gone.stdout.length + named.stdout.length + directory.stdout.length, 0)
})

test('a file that is no database: exit 65, one line with the option and the file', async () => {
  const { code, stdout, stderr } = await runTool('flow-enrich', ['-db.asn', GARBAGE], FLOW)
  assert.equal(code, 65)
  assert.equal(stderr, `flow-enrich: -db.asn ${GARBAGE} is no MMDB file, or one cut short: there are no metadata at its end\n`)
  assert.equal(stdout.length, 0)
})

test('a database of another kind is warned of', async () => {
  const { code, stdout, stderr } = await runTool('flow-enrich', ['-db.asn', COUNTRY], FLOW)
  assert.equal(stderr.split('\n')[0], `flow-enrich: warning: -db.asn ${COUNTRY} has no AS numbers in it: its type is Test-Country`)
  assert.deepEqual(stdout, FLOW)
  assert.equal(code, 0)
})

test('with nothing to add flows pass, and that is told', async () => {
  const { code, stdout, stderr } = await runTool('flow-enrich', [], FLOW)
  assert.match(stderr, /^flow-enrich: warning: nothing to add: give -db\.asn/)
  assert.deepEqual(stdout, FLOW)
  assert.equal(code, 0)
})

test('datagrams: exit 65, and the tool to put in between', async () => {
  const { code, stdout, stderr } = await runTool('flow-enrich', ['-db.asn', ASN], datagramFrame({ payload: Buffer.alloc(20) }))
  assert.equal(code, 65)
  assert.match(stderr, /^flow-enrich: stdin carries datagrams, not flows: put flow-decode in between[^\n]*\n$/)
  assert.equal(stdout.length, 0)
})

test('a stream cut inside a message: what came before is written, then exit 65 with the offset', async () => {
  const { code, stdout, stderr } = await runTool('flow-enrich', ['-db.asn', ASN], Buffer.concat([FLOW, FLOW, FLOW.subarray(0, 5)]))
  assert.equal(code, 65)
  assert.equal(readFlows(stdout).length, 2)
  assert.match(stderr, new RegExp(`at byte ${2 * FLOW.length}\n`))
})

test('a reader that goes away: exit 0 and no line', async () => {
  const file = path.join(folder, 'many')
  fs.writeFileSync(file, Buffer.concat(Array.from({ length: 200_000 }, () => FLOW)))
  const { code, stderr } = await runPipeline(`flow-enrich -db.asn ${ASN} < ${file} | head -c 100 > /dev/null; exit $((PIPESTATUS[0]))`)
  assert.equal(stderr, '')
  assert.equal(code, 0)
})

test('a slow reader slows the input down, and loses nothing', async () => {
  const child = spawn(path.join(ROOT, 'bin/flow-enrich'), ['-db.asn', ASN, '-loglevel', 'error'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const chunk = Buffer.concat(Array.from({ length: 4000 }, () => FLOW))
  const chunks = 200
  let accepted = 0
  for (let i = 0; i < chunks; i++) child.stdin.write(chunk, () => accepted++)
  child.stdin.end()
  let before = -1
  while (accepted !== before || accepted === 0) {
    before = accepted
    await sleep(300)
  }
  assert(accepted < chunks / 2, `${accepted} of ${chunks} chunks accepted before anything was read`)
  let received = 0
  for await (const part of child.stdout as AsyncIterable<Buffer>) received += part.length
  assert.equal(accepted, chunks)
  const { stdout } = await runTool('flow-enrich', ['-db.asn', ASN], FLOW)
  assert.equal(received, stdout.length * 4000 * chunks)
})

test('flows are not held back while input pauses; SIGTERM then ends the tool with all of them written', async () => {
  const tool = startTool('flow-enrich', ['-db.asn', ASN])
  tool.stdin.write(FLOW)
  await tool.until(() => tool.stdout().length > 0)
  tool.kill('SIGTERM')
  tool.stdin.write(FLOW)
  const { code, stdout, stderr } = await tool.ended
  assert.equal(code, 0)
  assert.equal(readFlows(stdout).length, 2)
  assert.match(stderr, /2 flows in and out/)
})

test('SIGINT: goes on until the input ends', async () => {
  const tool = startTool('flow-enrich', ['-db.asn', ASN])
  tool.stdin.write(FLOW)
  await tool.until(() => tool.stdout().length > 0)
  tool.kill('SIGINT')
  await sleep(100)
  tool.stdin.end(Buffer.concat([FLOW, FLOW]))
  const { code, stdout } = await tool.ended
  assert.equal(code, 0)
  assert.equal(readFlows(stdout).length, 3)
})

test('a replaced database is picked up, flowing or idle; a broken one is told of once and not', async () => {
  const file = write('live.mmdb', asnDatabase(1))
  const tool = startTool('flow-enrich', ['-db.asn', file])
  const asnOfLast = (): unknown => readFlows(tool.stdout()).at(-1)?.src_as
  tool.stdin.write(FLOW)
  await tool.until(() => asnOfLast() === 1)

  // idle
  write('live.mmdb', asnDatabase(2))
  await tool.until(() => tool.stderr().includes('reloaded'))
  tool.stdin.write(FLOW)
  await tool.until(() => asnOfLast() === 2)

  // flowing
  const feeding = setInterval(() => tool.stdin.write(FLOW), 5)
  fs.writeFileSync(file, mmdb(asnDatabase(3)))
  await tool.until(() => asnOfLast() === 3)

  for (const broken of [mmdb(asnDatabase(4)).subarray(0, 200), fs.readFileSync(COUNTRY)]) {
    write('live.mmdb', broken)
    const lines = tool.stderr().split('\n').length
    await tool.until(() => tool.stderr().split('\n').length > lines)
  }
  await sleep(1500)
  assert.equal(asnOfLast(), 3)
  fs.rmSync(file)
  write('live.mmdb', asnDatabase(5))
  await tool.until(() => asnOfLast() === 5)
  clearInterval(feeding)

  tool.stdin.end()
  const { code, stderr } = await tool.ended
  const reloaded = `flow-enrich: -db.asn ${file} reloaded: Test-ASN, built 2023-11-14`
  const kept = 'going on with what was loaded before, Test-ASN, built 2023-11-14'
  assert.deepEqual(stderr.split('\n').slice(0, -2), [
    reloaded,
    reloaded,
    `flow-enrich: warning: -db.asn ${file} is no MMDB file, or one cut short: there are no metadata at its end; ${kept}`,
    `flow-enrich: warning: -db.asn ${file} has no AS numbers in it: its type is Test-Country; ${kept}`,
    reloaded
  ])
  assert.equal(code, 0)
})

test('SIGHUP opens all databases again at once', async () => {
  const tool = startTool('flow-enrich', ['-db.asn', ASN, '-db.city', CITY])
  tool.stdin.write(FLOW)
  await tool.until(() => tool.stdout().length > 0)
  tool.kill('SIGHUP')
  await tool.until(() => tool.stderr().split('reloaded').length === 3)
  tool.stdin.end(FLOW)
  const { code, stdout } = await tool.ended
  assert.equal(readFlows(stdout).length, 2)
  assert.equal(code, 0)
})

test('a name without a directory is found in the current folder', async () => {
  const { code, stdout } = await runPipeline(`cd ${folder} && flow-enrich -db.asn asn.mmdb`, FLOW)
  assert.equal(code, 0)
  assert.equal(readFlows(stdout)[0].src_as, 64500)
})

test('metrics', async () => {
  const tool = startTool('flow-enrich', ['-db.asn', ASN, '-db.country', COUNTRY, '-addr', '127.0.0.1:0'])
  tool.stdin.write(Buffer.concat([FLOW, FLOW, FLOW]))
  await tool.until(() => tool.stdout().length > 0 && tool.stderr().includes('/metrics'))
  const [, address] = /http:\/\/(\S+)\/metrics/.exec(tool.stderr())!
  const text = await (await fetch(`http://${address}/metrics`)).text()
  for (const line of [
    'flow_enrich_flows_total 3',
    'flow_enrich_enriched_flows_total 3',
    'flow_enrich_errors_total{kind="malformed-message"} 0',
    `flow_enrich_written_bytes_total ${tool.stdout().length}`,
    'flow_enrich_lookups_total{database="asn",result="hit"} 3',
    'flow_enrich_lookups_total{database="country",result="miss"} 3',
    'flow_enrich_lookups_total{database="country",result="error"} 0',
    'flow_enrich_cache_lookups_total{result="hit"} 4',
    'flow_enrich_cache_lookups_total{result="miss"} 2',
    'flow_enrich_cache_entries 2',
    'flow_enrich_database_build_time_seconds{database="asn",type="Test-ASN"} 1700000000',
    'flow_enrich_database_reloads_total{database="country",result="ok"} 0'
  ]) {
    assert(text.includes(`${line}\n`), `${line} in\n${text}`)
  }
  tool.stdin.end()
  assert.equal((await tool.ended).code, 0)
})

test("countries give way to a mapping file's fields of their numbers, with a line that says why", async () => {
  const mapping = path.join(folder, 'mapping.yaml')
  fs.writeFileSync(mapping, 'formatter: { protobuf: [{ name: mine, index: 1001, type: varint }] }')
  const refused = await runTool('flow-enrich', ['-mapping', mapping, '-db.country', COUNTRY], FLOW)
  assert.deepEqual(
    [refused.code, refused.stderr],
    [78, `flow-enrich: -db.country: ${mapping} gives the number of dst_country, 1001, to mine\n`]
  )
  const { code, stdout, stderr } = await runTool('flow-enrich', ['-mapping', mapping, '-db.city', CITY], FLOW)
  assert.equal(code, 0)
  assert.match(stderr, /^flow-enrich: warning: no countries from -db.city: .* gives the number of dst_country, 1001, to mine\n/)
  const [flow] = readFlows(stdout)
  assert.deepEqual([flow.src_city, flow.src_country], ['Lyon', undefined])
})
