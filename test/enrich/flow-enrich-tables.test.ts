import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { readTable, TEXT } from '../../src/enrich/tables/csv.js'
import { readFlows } from '../support/datagram-stream.js'
import { mmdb } from '../support/mmdb-writer.js'
import { runPipeline, runTool, startTool } from '../support/tools.js'
import { bytesOf, flowFrame } from './enriching.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-enrich-csv-'))
after(() => {
  fs.rmSync(folder, { recursive: true })
})

function write(name: string, text: string | Buffer): string {
  const file = path.join(folder, name)
  fs.writeFileSync(`${file}.new`, text)
  fs.renameSync(`${file}.new`, file)
  return file
}

const NETWORKS = write(
  'networks.csv',
  'network,name,role,site,region,tenant,asn,country,city\n192.0.2.0/24,office,clients,zurich,ch,us,64500,CH,Zürich\n192.0.2.1,,,,,front,,,\n'
)
const EXPORTERS = write(
  'exporters.csv',
  'exporter,name,group,role,site,region,tenant\n10.0.0.0/8,,core,router,zurich,ch,us\n10.0.0.1,"r1, left",,,,,\n2001:db8::/32,six,,,,,\n'
)
const INTERFACES = write(
  'interfaces.csv',
  'exporter,ifindex,name,description,speed,boundary\n10.0.0.0/8,7,eth7,uplink,10G,external\n10.0.0.1,7,xe-7,,,\n10.0.0.0/8,8,eth8,,1000,internal\n'
)
const FLOW = {
  sampler_address: bytesOf('10.0.0.1'),
  src_addr: bytesOf('192.0.2.1'),
  dst_addr: bytesOf('198.51.100.1'),
  in_if: 7,
  out_if: 8,
  in_if_name: 'old'
}

test('networks, exporters and interfaces, all fields of them', async () => {
  const options = ['-networks', NETWORKS, '-exporters', EXPORTERS, '-interfaces', INTERFACES, '-as', 'networks,exporter']
  const other = { ...FLOW, sampler_address: bytesOf('2001:db8::1'), in_if: 0 }
  const { code, stdout, stderr } = await runTool('flow-enrich', options, Buffer.concat([flowFrame(FLOW), flowFrame(other)]))
  const [flow, six] = readFlows(stdout)
  assert.deepEqual(flow, {
    sampler_address: '0a000001',
    src_addr: 'c0000201',
    dst_addr: 'c6336401',
    in_if: 7,
    out_if: 8,
    src_as: 64500,
    src_country: 'CH',
    src_city: 'Zürich',
    src_network: 'office',
    src_role: 'clients',
    src_site: 'zurich',
    src_region: 'ch',
    src_tenant: 'front',
    exporter_name: 'r1, left',
    exporter_group: 'core',
    exporter_role: 'router',
    exporter_site: 'zurich',
    exporter_region: 'ch',
    exporter_tenant: 'us',
    in_if_name: 'xe-7',
    in_if_description: 'uplink',
    in_if_speed: '10000000000',
    in_if_boundary: 'external',
    out_if_name: 'eth8',
    out_if_speed: '1000',
    out_if_boundary: 'internal'
  })
  // an interface that the tables do not know keeps what the exporter said
  assert.deepEqual([six.exporter_name, six.in_if_name, six.out_if_name], ['six', 'old', undefined])
  assert.match(stderr, /; networks: 4 lookups, 2 hits, 2 misses; exporters: 2 lookups, 2 hits; interfaces: 3 lookups, 2 hits, 1 miss\n$/)
  assert.equal(code, 0)
})

test('of what a table and a database both say, the table is believed, but for AS numbers, which -as decides', async () => {
  const database = write(
    'city.mmdb',
    mmdb({ networks: [['192.0.2.0/23', { autonomous_system_number: 1, country: { iso_code: 'DE' }, city: { names: { en: 'Cologne' } } }]] })
  )
  const stream = flowFrame({ src_addr: bytesOf('192.0.2.1'), dst_addr: bytesOf('192.0.3.1') })
  for (const [order, asn] of [
    ['db,networks', 1],
    ['networks,db', 64500]
  ] as const) {
    const { stdout } = await runTool(
      'flow-enrich',
      ['-db.asn', database, '-db.city', database, '-networks', NETWORKS, '-as', order],
      stream
    )
    const [flow] = readFlows(stdout)
    assert.deepEqual([flow.src_as, flow.src_country, flow.src_city, flow.dst_as, flow.dst_city], [asn, 'CH', 'Zürich', 1, 'Cologne'])
  }
  const { stderr } = await runTool('flow-enrich', ['-db.asn', database, '-networks', NETWORKS], stream)
  assert.match(stderr, /warning: -networks has AS numbers that nobody asks for: -as networks,db,exporter does\n/)
  assert.equal((await runTool('flow-enrich', ['-as', 'db', '-keep-as'])).code, 64)
})

test('a broken table: exit 65 with line and column; one that is not there: 66', async () => {
  const broken = write('broken.csv', 'network,name\n10.0.0.0/8,a\n10.0.0.0/33,b\n')
  const { code, stderr, stdout } = await runTool('flow-enrich', ['-networks', `${NETWORKS},${broken}`], flowFrame(FLOW))
  assert.equal(
    stderr,
    `flow-enrich: -networks ${broken} line 3, column network: '10.0.0.0/33' is no network: 10.0.0.0/8 or 2001:db8::/32 is one\n`
  )
  assert.deepEqual([code, stdout.length], [65, 0])
  assert.equal((await runTool('flow-enrich', ['-exporters', '/nowhere.csv'])).code, 66)
})

test('a replaced table is taken, flowing or idle, by a rename, by writing it anew and by SIGHUP; no flow is lost, and a broken one is told of once and not taken', async () => {
  const table = (name: string): string => `network,name\n192.0.2.0/24,${name}\n`
  const file = write('live.csv', table('one'))
  const tool = startTool('flow-enrich', ['-networks', file])
  let sent = 0
  const send = (): void => {
    tool.stdin.write(flowFrame(FLOW))
    sent++
  }
  const nameOfLast = (): unknown => readFlows(tool.stdout()).at(-1)?.src_network
  send()
  await tool.until(() => nameOfLast() === 'one')

  write('live.csv', table('two'))
  await tool.until(() => tool.stderr().includes('reloaded: 1 network'))
  send()
  await tool.until(() => nameOfLast() === 'two')

  const feeding = setInterval(send, 5)
  fs.writeFileSync(file, table('three'))
  await tool.until(() => nameOfLast() === 'three')

  write('live.csv', 'network,nmae\n')
  await tool.until(() => tool.stderr().includes('going on with what was loaded before, 1 network'))
  const before = sent
  await tool.until(() => readFlows(tool.stdout()).length > before)
  assert.equal(nameOfLast(), 'three')
  write('live.csv', table('four'))
  tool.kill('SIGHUP')
  await tool.until(() => nameOfLast() === 'four')
  clearInterval(feeding)

  tool.stdin.end()
  const { code, stdout, stderr } = await tool.ended
  assert.equal(readFlows(stdout).length, sent)
  assert.equal(stderr.match(/line 1: unknown column 'nmae'; nearest: name/g)?.length, 1)
  assert.equal(code, 0)
})

test('SIGHUP while tables load has them read again once they have', async (t) => {
  const pipe = path.join(folder, 'exporters.pipe')
  assert.equal(spawnSync('mkfifo', [pipe]).status, 0)
  const networks = write('loaded.csv', 'network,name\n192.0.2.0/24,one\n')
  const tool = startTool('flow-enrich', ['-networks', networks, '-exporters', pipe])
  // it reads the pipe again, for which nobody writes
  t.after(() => {
    tool.kill('SIGKILL')
  })
  // opened as soon as the tool opens it to read
  const writer = await fs.promises.open(pipe, 'w')
  tool.kill('SIGHUP')
  await writer.write('exporter,name\n192.0.2.1,r1\n')
  await writer.close()
  await tool.until(() => tool.stderr().includes(`-networks ${networks} reloaded: 1 network`))
})

test('a broken table is closed where it breaks', { skip: process.platform !== 'linux' }, async () => {
  const broken = write('closed.csv', `network,name\n${'10.0.0.0/8,b\n'.repeat(50_000)}`)
  const { ino } = fs.statSync(broken)
  const isOpen = (): boolean =>
    fs.readdirSync('/proc/self/fd').some((fd) => fs.statSync(`/proc/self/fd/${fd}`, { throwIfNoEntry: false })?.ino === ino)
  const reading = readTable(
    broken,
    { keys: ['network'], values: { name: TEXT } },
    () => undefined,
    (_keys, _values, { refuse }) => {
      throw refuse('network', 'no network')
    }
  )
  await assert.rejects(reading, { message: `${broken} line 2, column network: no network` })
  for (let i = 0; i < 200 && isOpen(); i++) await sleep(5)
  assert.ok(!isOpen())
})

test('the new fields are keys, words of the filter and columns', async () => {
  const stream = Buffer.concat([flowFrame({ ...FLOW, bytes: 1000 }), flowFrame({ ...FLOW, src_addr: bytesOf('203.0.113.1'), bytes: 1 })])
  const enrich = `flow-enrich -networks ${NETWORKS} -exporters ${EXPORTERS} -interfaces ${INTERFACES}`
  const filter = `flow-filter 'role clients and site zurich and region ch and tenant front and network office and in boundary external and exporter "r1, left"'`
  const { stdout, code } = await runPipeline(
    `${enrich} | ${filter} | flow-agg -by src_site,exporter_name,network | flow-format -format csv -fields src_site,exporter_name,network,flows,bytes`,
    stream
  )
  assert.equal(
    stdout.toString(),
    'src_site,exporter_name,network,flows,bytes\nzurich,"r1, left",,1,1000\nzurich,"r1, left",office,1,1000\n'
  )
  assert.equal(code, 0)
})
