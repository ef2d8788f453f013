/**
 * `npm run soak [-- MINUTES [FLOWS-A-SECOND [PAGE]]]`: a collector under steady load from exporters that restart, redefine their templates, lose datagrams,
 * are made up, or send rubbish, behind a reader that stands still now and then. At the end it prints, as tables in Markdown, what was
 * sent and what arrived, what was done to the collector and what it counted of it, and the memory of each process over time, and writes them into
 * the file PAGE. All on loopback.
 */
import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import readline from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { numbers } from '../support/generate.js'
import { freePort } from '../support/ports.js'
import { mutate } from '../support/mutate.js'
import { be, template, v9, set } from '../support/build-netflow.js'
import { ROOT } from '../support/tools.js'
import { EXPECTED, type Exporter, exporter, type Injected, KINDS, spoof } from './exporters.js'
import { metricsSums, pageOf, type SoakResult, tablesOf } from './result.js'

const minutes = Number(process.argv[2] ?? 5)
const flowsPerSecond = Number(process.argv[3] ?? 20_000)
const page = process.argv[4]
const random = numbers(20_261_125)

const EXPORTERS_A_KIND = 4
const TICK_MS = 10
const MEMORY_EVERY_MS = 5000
/** How often each thing is done, in seconds. */
const EVERY = { restart: 7, redefine: 11, loss: 5, stall: 30 } as const
const STALL_MS = 3000
const SPOOFED_A_SECOND = 20
const RUBBISH_A_SECOND = 20
const RUBBISH_FROM = '127.0.9.9'
/** What a flow took at the most in the pipe when the load ends. */
const DRAIN_MS = 3000
const START_MS = 2000

const TOOLS = ['flow-listen', 'flow-decode', 'flow-format'] as const
type ToolName = (typeof TOOLS)[number]

const port = await freePort()
const metricsPort = await freePort()
const bin = (tool: ToolName): string => path.join(ROOT, 'bin', tool)

const fields = 'sampler_address,src_addr,dst_addr,src_port,dst_port,proto,bytes,packets'
const pipeline = [
  `${bin('flow-listen')} -listen flow://127.0.0.1:${port}`,
  `${bin('flow-decode')} -addr 127.0.0.1:${metricsPort}`,
  `${bin('flow-format')} -format csv -fields ${fields}`
].join(' | ')

/** The process of that name in the collector's process group. */
function pidOf(tool: ToolName): number {
  for (const entry of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    try {
      // pid (comm) state ppid pgrp
      const [, name, group] = /^\d+ \((.*)\) \S \d+ (\d+)/.exec(fs.readFileSync(`/proc/${entry}/stat`, 'utf8')) ?? []
      if (name === tool && Number(group) === collector.pid) return Number(entry)
    } catch {
      // it ended since
    }
  }
  throw new Error(`${tool} does not run`)
}

const exporters: Exporter[] = KINDS.flatMap((kind, k) =>
  Array.from({ length: EXPORTERS_A_KIND }, (_, i) => exporter(kind, `127.0.${k + 1}.${i + 1}`, port))
)
const steady = new Set(exporters.map(({ address }) => address))
const sflow = new Set(exporters.filter(({ kind }) => kind === 'sFlow').map(({ address }) => address))

/** Flows that arrived, by exporter, and those of them whose values are not what was sent. */
const arrived = new Map<string, number>()
let wrong = 0

function count(line: string): void {
  const comma = line.indexOf(',')
  const from = line.slice(0, comma)
  arrived.set(from, (arrived.get(from) ?? 0) + 1)
  if (steady.has(from) && !sflow.has(from) && line.slice(comma + 1) !== EXPECTED) wrong++
}

const collector = spawn('bash', ['-o', 'pipefail', '-c', pipeline], { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
const summaries: string[] = []
readline.createInterface({ input: collector.stderr }).on('line', (line) => summaries.push(line))
readline.createInterface({ input: collector.stdout }).on('line', count)
await sleep(START_MS)
const pids = Object.fromEntries(TOOLS.map((tool) => [tool, pidOf(tool)])) as Record<ToolName, number>

const injected: Injected = new Map()
const inject = (what: string, by = 1): Map<string, number> => injected.set(what, (injected.get(what) ?? 0) + by)

const rubbishSocket = dgram.createSocket('udp4').bind(0, RUBBISH_FROM)
const whole = v9({}, set(0, template(256, [[8, 4]])), set(256, be(0x01020304, 4)))

const memory = new Map<ToolName, number[]>(TOOLS.map((tool) => [tool, []]))
function readMemory(): void {
  for (const tool of TOOLS) {
    const status = fs.readFileSync(`/proc/${pids[tool]}/status`, 'utf8')
    memory.get(tool)!.push(Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024)
  }
}

/** Carries on the load until the time is over. */
async function load(): Promise<void> {
  const start = performance.now()
  const lastAt: Record<string, number> = {}
  const due = (what: string, everyMs: number): boolean => {
    const now = performance.now() - start
    if (now - (lastAt[what] ?? 0) < everyMs) return false
    lastAt[what] = now
    return true
  }
  const any = (...kinds: string[]): Exporter => {
    const able = exporters.filter(({ kind }) => kinds.includes(kind))
    return able[random() % able.length]
  }
  let flows = 0
  let spoofed = 0
  let rubbish = 0
  for (let now = 0; now < minutes * 60_000; now = performance.now() - start) {
    for (let turn = 0; flows < (flowsPerSecond * now) / 1000; turn++) {
      const one = exporters[(turn + random()) % exporters.length]
      const before = one.flows
      one.send()
      flows += one.flows - before
    }
    if (due('restart', 1000 * EVERY.restart)) {
      any('v5', 'v9', 'IPFIX').restart()
      inject('restarts, data before the template')
    }
    if (due('redefine', 1000 * EVERY.redefine)) {
      any('v9', 'IPFIX').redefine()
      inject('templates redefined')
    }
    if (due('loss', 1000 * EVERY.loss)) {
      any('v9', 'sFlow').lose(3)
      inject('datagrams left out', 3)
    }
    if (due('stall', 1000 * EVERY.stall)) {
      process.kill(pids['flow-format'], 'SIGSTOP')
      setTimeout(() => process.kill(pids['flow-format'], 'SIGCONT'), STALL_MS)
      inject(`times the reader stood still for ${STALL_MS / 1000} s`)
    }
    for (; spoofed < (SPOOFED_A_SECOND * now) / 1000; spoofed++) inject('made-up exporters with random templates', spoof(random, port))
    for (; rubbish < (RUBBISH_A_SECOND * now) / 1000; rubbish++) {
      rubbishSocket.send(mutate(whole, whole, random), port, '127.0.0.1')
      inject('broken datagrams')
    }
    if (due('memory', MEMORY_EVERY_MS)) readMemory()
    await sleep(TICK_MS)
  }
}

await load()
await sleep(STALL_MS + DRAIN_MS)
readMemory()
const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
const ended = once(collector, 'close')
process.kill(-collector.pid!, 'SIGINT')
await ended
for (const one of exporters) one.close()
rubbishSocket.close()

const sumOf = metricsSums(metrics)
const result: SoakResult = {
  minutes,
  flowsPerSecond,
  exporters: KINDS.map((kind) => {
    const all = exporters.filter((one) => one.kind === kind)
    const sum = (of: (one: Exporter) => number): number => all.reduce((total, one) => total + of(one), 0)
    return {
      name: `${all.length} ${kind}`,
      datagrams: sum(({ datagrams }) => datagrams),
      sent: sum(({ flows }) => flows),
      arrived: sum(({ address }) => arrived.get(address) ?? 0)
    }
  }),
  injected,
  // those of rubbish are anything
  missing: exporters.reduce((sum, { address }) => sum + sumOf('flow_decode_missing_total', `"${address}"`), 0),
  brokenErrors: sumOf('flow_decode_errors_total', RUBBISH_FROM),
  internalErrors: sumOf('flow_decode_errors_total', '"internal"'),
  wrong,
  memory: { everySeconds: MEMORY_EVERY_MS / 1000, byTool: memory },
  summaries: summaries.filter((line) => /^[\w-]+: \d+ \w+ in, /.test(line))
}
process.stdout.write(tablesOf(result))
if (page !== undefined) fs.writeFileSync(page, pageOf(result))
const lost = result.exporters.some(({ sent, arrived }) => sent !== arrived)
process.exitCode = lost || result.wrong > 0 || result.internalErrors > 0 ? 1 : 0
