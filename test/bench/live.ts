/**
 * What a collector takes for a steady load that comes over UDP, beside nfcapd and pmacct's nfacctd: CPU seconds from start to end, and the flows that it
 * kept. Then a question over what was kept, beside nfdump.
 */
import { spawn, spawnSync } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { generate } from '../support/generate.js'
import { readDatagrams } from '../support/datagram-stream.js'
import { listening } from '../support/nfdump.js'
import { freePort } from '../support/ports.js'
import { withTools } from '../support/tools.js'
import { median } from './measure.js'

/** Datagrams a second: less than any of the collectors takes on one core, so that none of them loses much. */
const DATAGRAMS_A_SECOND = 5000
const TICK_MS = 5
const MOST_FLOWS = 1_500_000
/** What is in flight has been written when for so long hardly anything works any more. */
const DRAIN_MS = 1000
const IDLE_SHARE = 0.05
const SAMPLE_MS = 50
/** Linux shows CPU time in hundredths (proc(5)). */
const TICKS_A_SECOND = 100

interface Collector {
  readonly name: string
  /** with FOLDER and PORT in their places; keeps what it hears in that folder */
  readonly command: string
  /** prints a number: the flows that the folder has */
  readonly count: string
  /** beside the usual: how long it may do nothing before it goes on, and how it is ended */
  readonly drainMs?: number
  readonly end?: 'SIGKILL'
}

/** pmacct's, with all that is in our JSON. Every few seconds it writes what it has; it adds up flows that are the same in all of this. */
const NFACCTD_SECONDS = 5
const NFACCTD = `nfacctd_ip: 127.0.0.1
nfacctd_port: PORT
nfacctd_as: netflow
nfacctd_net: netflow
nfacctd_pipe_size: 4194304
plugins: print[all]
plugin_pipe_size: 10240000
plugin_buffer_size: 10240
timestamps_since_epoch: true
print_output: json
print_output_file: FOLDER/flows
print_output_file_append: true
print_refresh_time: ${NFACCTD_SECONDS}
print_cache_entries: 131071
aggregate[all]: ${[
  'peer_src_ip, src_host, dst_host, src_net, dst_net, src_mask, dst_mask, src_port, dst_port, proto, tos, tcpflags, etype, in_iface, out_iface',
  'src_as, dst_as, peer_dst_ip, vlan, timestamp_start, timestamp_end, timestamp_arrival, sampling_rate, export_proto_version'
].join(', ')}`

const COLLECTORS: readonly Collector[] = [
  { name: 'nfcapd', command: 'nfcapd -b 127.0.0.1 -p PORT -w FOLDER', count: 'nfdump -R FOLDER -q -o fmt:%pr | wc -l' },
  {
    name: 'flow-listen | flow-decode > file',
    command: 'flow-listen -listen flow://127.0.0.1:PORT | flow-decode > FOLDER/flows',
    count: 'flow-format -fields proto < FOLDER/flows | wc -l'
  },
  {
    name: '… | flow-store (Parquet)',
    command: 'flow-listen -listen flow://127.0.0.1:PORT | flow-decode | flow-store -dir FOLDER',
    count: 'flow-store -read -dir FOLDER | flow-format -fields proto | wc -l'
  },
  {
    name: '… | flow-format > file (JSON)',
    command: 'flow-listen -listen flow://127.0.0.1:PORT | flow-decode | flow-format > FOLDER/flows',
    count: 'wc -l < FOLDER/flows'
  },
  {
    name: 'nfacctd > file (JSON)',
    command: `echo '${NFACCTD}' > FOLDER/conf; nfacctd -f FOLDER/conf > FOLDER/log`,
    count: 'wc -l < FOLDER/flows',
    drainMs: (NFACCTD_SECONDS + 1) * 1000,
    end: 'SIGKILL' // it does not end while it writes
  }
]
/** of the first of them */
const QUESTIONS = [
  ['nfdump -s srcip/bytes', 'nfdump -R FOLDER -s srcip/bytes -n 10'],
  ['flow-agg -by src_addr < file', 'flow-agg -by src_addr -top 10 < FOLDER/flows'],
  ['flow-store -read | flow-agg', 'flow-store -read -dir FOLDER | flow-agg -by src_addr -top 10']
] as const

/** `root` is a folder for what is kept; `flows` is how many are sent to each collector. */
export async function benchLive(root: string, flows: number): Promise<void> {
  const { stream, flows: sent } = generate('v9', Math.min(flows, MOST_FLOWS))
  const payloads = readDatagrams(stream).map(({ payload }) => Buffer.from(payload, 'hex'))
  process.stdout.write(`\n${sent} flows over UDP, ${DATAGRAMS_A_SECOND} datagrams a second\n`)
  for (const [i, collector] of COLLECTORS.entries()) {
    const { name, count } = collector
    const [program] = name.split(' ')
    if (program.startsWith('nf') && spawnSync(program, ['-V']).error !== undefined) continue
    const folder = path.join(root, `live-${i}`)
    fs.mkdirSync(folder)
    const placed = (text: string): string => text.replaceAll('FOLDER', folder)
    const cpuSeconds = await collected({ ...collector, command: placed(collector.command) }, payloads)
    const kept = Number(await output(placed(count)))
    process.stdout.write(`${name.padEnd(34)} ${rate(kept, cpuSeconds)} kept/CPU s, ${sent - kept} lost\n`)
    if (i >= QUESTIONS.length) continue
    const [question, ask] = QUESTIONS[i]
    const asked = median(3, `PATH='${withTools().PATH ?? ''}'; ${placed(ask)} > /dev/null 2>&1`)
    process.stdout.write(`${question.padEnd(34)} ${rate(kept, asked.cpuSeconds)}  asked/CPU s\n`)
  }
}

const rate = (flows: number, seconds: number): string => `${(flows / seconds / 1e6).toFixed(2)} M flows`.padStart(14)

/** CPU seconds of a collector that is sent this, and then ended. */
async function collected({ command, drainMs = DRAIN_MS, end }: Collector, payloads: readonly Buffer[]): Promise<number> {
  const port = await freePort()
  const script = `trap : TERM; ${command.replace('PORT', String(port))} 2> /dev/null`
  const shell = spawn('bash', ['-c', script], { stdio: 'ignore', detached: true, env: withTools() })
  const closed = once(shell, 'close')
  const cpuSeconds = groupCpu(shell.pid!)
  const sampling = setInterval(cpuSeconds, SAMPLE_MS)
  await listening(port)
  await sleep(DRAIN_MS) // the tools behind it start
  const socket = dgram.createSocket('udp4')
  const start = performance.now()
  for (let at = 0; at < payloads.length; await sleep(TICK_MS)) {
    const due = Math.min(payloads.length, (DATAGRAMS_A_SECOND * (performance.now() - start)) / 1000)
    for (; at < due; at++) socket.send(payloads[at], port, '127.0.0.1')
  }
  for (let before = 0, now = Infinity; now - before > (IDLE_SHARE * drainMs) / 1000; now = cpuSeconds()) {
    before = cpuSeconds()
    await sleep(drainMs)
  }
  socket.close()
  process.kill(-shell.pid!, end ?? 'SIGTERM')
  await closed
  clearInterval(sampling)
  return cpuSeconds()
}

/**
 * CPU seconds that the processes of a group have taken so far. It is to be asked often: a process counts as it was last seen. What `time` says leaves out
 * children that nobody waited for, and most of nfacctd's work is done by such.
 */
function groupCpu(group: number): () => number {
  const ticks = new Map<string, number>()
  return () => {
    for (const pid of fs.readdirSync('/proc')) {
      if (!/^\d+$/.test(pid)) continue
      try {
        const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        if (Number(fields[2]) === group) ticks.set(pid, Number(fields[11]) + Number(fields[12]))
      } catch {
        // it has ended
      }
    }
    return [...ticks.values()].reduce((sum, each) => sum + each, 0) / TICKS_A_SECOND
  }
}

async function output(command: string): Promise<string> {
  const shell = spawn('bash', ['-o', 'pipefail', '-c', command], { stdio: ['ignore', 'pipe', 'ignore'], env: withTools() })
  let text = ''
  shell.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await once(shell, 'close')
  return text
}
