/**
 * `npm run bench [-- FLOWS [RUNS]]`: what the tools do per second and per CPU second, start-up and reading included, next to a process that only
 * copies the same bytes. Each figure is the run with the median CPU time.
 */
import { execFileSync } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { generate, type Generated } from '../support/generate.js'
import { mmdb } from '../support/mmdb-writer.js'
import { ROOT } from '../support/tools.js'
import { uniform, writeFlows, writeNetworks, zipf } from './flows.js'
import { benchKafka } from './kafka.js'
import { benchLive } from './live.js'
import { median } from './measure.js'

const flows = Number(process.argv[2] ?? 3_000_000)
const runs = Number(process.argv[3] ?? 5)
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-bench-'))
const bin = (tool: string): string => path.join(ROOT, 'bin', tool)
const copy = `node ${path.join(ROOT, 'dist/test/bench/copy.js')}`

function report(name: string, count: number, command: string, file: string): void {
  const { seconds, cpuSeconds } = median(runs, `${command} < ${file} > /dev/null 2>&1`)
  const millions = (rate: number): string => `${(rate / 1e6).toFixed(2)} M`
  const megabytes = (fs.statSync(file).size / cpuSeconds / 1e6).toFixed(0)
  process.stdout.write(
    `${name.padEnd(32)} ${millions(count / seconds).padStart(8)} flows/s ${millions(count / cpuSeconds).padStart(8)} flows/CPU s ${megabytes.padStart(6)} MB in/CPU s\n`
  )
}

// what flow-send sends to: nobody reads it, and the kernel drops what its buffer does not hold
const sink = dgram.createSocket('udp4').bind(0, '127.0.0.1')
await once(sink, 'listening')

try {
  process.stdout.write(
    `${flows} flows a run, median of ${runs} runs, Node ${process.version}, ${os.cpus()[0]?.model ?? ''}, load ${os.loadavg()[0].toFixed(1)}\n`
  )
  const decoded = path.join(folder, 'flows')
  for (const kind of ['v5', 'v9', 'ipfix', 'sflow'] satisfies Generated[]) {
    const file = path.join(folder, kind)
    const generated = generate(kind, flows)
    fs.writeFileSync(file, generated.stream)
    report(`raw copy of ${kind} datagrams`, generated.flows, copy, file)
    report(`flow-decode ${kind}`, generated.flows, bin('flow-decode'), file)
    if (kind === 'v9') report('flow-send v9 datagrams', generated.flows, `${bin('flow-send')} -to 127.0.0.1:${sink.address().port}`, file)
    if (kind === 'v9') execFileSync('bash', ['-c', `${bin('flow-decode')} < ${file} > ${decoded} 2> /dev/null`])
    fs.rmSync(file)
  }
  report('raw copy of flows', flows, copy, decoded)
  report('flow-send IPFIX', flows, `${bin('flow-send')} -to 127.0.0.1:${sink.address().port}`, decoded)
  const asn = path.join(folder, 'asn.mmdb')
  const networks = Array.from(
    { length: 4096 },
    (_, i): [string, { autonomous_system_number: number; autonomous_system_organization: string }] => [
      `10.${i >> 4}.${(i & 15) << 4}.0/20`,
      { autonomous_system_number: 64_512 + (i % 1000), autonomous_system_organization: `Organization ${i % 1000}` }
    ]
  )
  fs.writeFileSync(asn, mmdb({ networks }))
  report('flow-enrich -db.asn', flows, `${bin('flow-enrich')} -db.asn ${asn}`, decoded)
  for (const [share, expression] of [
    ['a tenth passes', 'tcp and dst port 443 and not src net 10.0.0.0/8 and src port < 20000'],
    ['all pass', 'not (tcp and dst port 443 and src net 10.0.0.0/8)']
  ])
    report(`flow-filter, ${share}`, flows, `${bin('flow-filter')} '${expression}'`, decoded)
  const million = path.join(folder, 'million')
  writeNetworks(million, 1_000_000)
  report('flow-filter, 1 M networks', flows, `${bin('flow-filter')} 'src host in @"${million}"'`, decoded)
  for (const [name, group] of [
    ['Zipf', zipf(100_000)],
    ['uniform', uniform(100_000)]
  ] as const) {
    const grouped = path.join(folder, 'grouped')
    const fd = fs.openSync(grouped, 'w')
    writeFlows(fd, flows, group)
    fs.closeSync(fd)
    report(`raw copy of flows, ${name}`, flows, copy, grouped)
    report(`flow-agg, 100 k groups, ${name}`, flows, `${bin('flow-agg')} -by src_as,dst_port`, grouped)
    if (name === 'Zipf') report('flow-top -once', flows, `${bin('flow-top')} -once`, grouped)
    fs.rmSync(grouped)
  }
  for (const format of ['json', 'text', 'csv', 'table', 'bin'])
    report(`flow-format -format ${format}`, flows, `${bin('flow-format')} -format ${format}`, decoded)
  const lines = path.join(folder, 'lines')
  for (const format of ['bin', 'parquet']) {
    // a store of its own for each run, of which the last is read
    const store = path.join(folder, format)
    report(`flow-store -format ${format}`, flows, `{ rm -rf ${store}; ${bin('flow-store')} -dir ${store} -format ${format}; }`, decoded)
    report(`flow-store -read of ${format}`, flows, `${bin('flow-store')} -read -dir ${store}`, decoded)
    fs.rmSync(store, { recursive: true })
  }
  execFileSync('bash', ['-c', `${bin('flow-format')} < ${decoded} > ${lines} 2> /dev/null`])
  await benchKafka(bin('flow-kafka'), decoded, lines, (name, command, file) => {
    report(name, flows, command, file)
  })
  await benchLive(folder, flows)
} finally {
  fs.rmSync(folder, { recursive: true })
  sink.close()
}
