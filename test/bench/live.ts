/**
 * What a collector takes for a steady load that comes over UDP, beside nfcapd: CPU seconds from start to end, and the flows that it kept. Then a question
 * over what was kept, beside nfdump.
 */
import { spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { generate } from '../support/generate.js'
import { readDatagrams } from '../support/datagram-stream.js'
import { listening, withoutNfdump } from '../support/nfdump.js'
import { freePort } from '../support/ports.js'
import { withTools } from '../support/tools.js'
import { median } from './measure.js'

/** Datagrams a second: less than any of the collectors takes on one core, so that none of them loses much. */
const DATAGRAMS_A_SECOND = 5000
const TICK_MS = 5
const MOST_FLOWS = 1_500_000
/** Until what is in flight has been written. */
const DRAIN_MS = 1000

interface Collector {
  readonly name: string
  /** with FOLDER and PORT in their places; keeps what it hears in that folder */
  readonly command: string
  /** prints a number: the flows that the folder has */
  readonly count: string
}

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
  }
]
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
  for (const [i, { name, command, count }] of COLLECTORS.entries()) {
    if (name === 'nfcapd' && withoutNfdump !== false) continue
    const folder = path.join(root, `live-${i}`)
    fs.mkdirSync(folder)
    const placed = (text: string): string => text.replaceAll('FOLDER', folder)
    const cpuSeconds = await collected(placed(command), payloads)
    const kept = Number(await output(placed(count)))
    process.stdout.write(`${name.padEnd(34)} ${rate(kept, cpuSeconds)} kept/CPU s, ${sent - kept} lost\n`)
    const [question, ask] = QUESTIONS[i]
    const asked = median(3, `PATH='${withTools().PATH ?? ''}'; ${placed(ask)} > /dev/null 2>&1`)
    process.stdout.write(`${question.padEnd(34)} ${rate(kept, asked.cpuSeconds)}  asked/CPU s\n`)
  }
}

const rate = (flows: number, seconds: number): string => `${(flows / seconds / 1e6).toFixed(2)} M flows`.padStart(14)

/** CPU seconds of a collector that is sent this, and then ended. */
async function collected(command: string, payloads: readonly Buffer[]): Promise<number> {
  const port = await freePort()
  const script = `trap : TERM; TIMEFORMAT='%U %S'; time { ${command.replace('PORT', String(port))} 2> /dev/null; }`
  const shell = spawn('bash', ['-c', script], { stdio: ['ignore', 'ignore', 'pipe'], detached: true, env: withTools() })
  let stderr = ''
  shell.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const closed = once(shell, 'close')
  await listening(port)
  await sleep(DRAIN_MS) // the tools behind it start
  const socket = dgram.createSocket('udp4')
  const start = performance.now()
  for (let at = 0; at < payloads.length; await sleep(TICK_MS)) {
    const due = Math.min(payloads.length, (DATAGRAMS_A_SECOND * (performance.now() - start)) / 1000)
    for (; at < due; at++) socket.send(payloads[at], port, '127.0.0.1')
  }
  await sleep(DRAIN_MS)
  socket.close()
  process.kill(-shell.pid!, 'SIGTERM')
  await closed
  const [user, system] = stderr.trim().split('\n').at(-1)!.split(' ').map(Number)
  return user + system
}

async function output(command: string): Promise<string> {
  const shell = spawn('bash', ['-o', 'pipefail', '-c', command], { stdio: ['ignore', 'pipe', 'ignore'], env: withTools() })
  let text = ''
  shell.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await once(shell, 'close')
  return text
}
