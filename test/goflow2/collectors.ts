/** The flows that goflow2, and our tools, make of a capture. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import readline from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { listening } from '../support/nfdump.js'
import { freePort } from '../support/ports.js'
import { runPipeline, withTools } from '../support/tools.js'
import type { JsonFlow } from './compare.js'

const POLL_MS = 20
/** Nothing more comes after so long a silence. */
const SILENCE_MS = 500

export async function ourFlows(capture: string): Promise<JsonFlow[]> {
  const { stdout } = await runPipeline(`flow-pcap ${quoted(capture)} | flow-decode | flow-format -fields goflow2`)
  return stdout
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as JsonFlow)
}

/** goflow2 takes UDP alone: the capture is replayed to it, each exporter from a port of its own. Throws where there is no goflow2 on the PATH. */
export async function theirFlows(capture: string): Promise<JsonFlow[]> {
  const [port, metrics] = [await freePort(), await freePort()]
  const options = ['-listen', `flow://127.0.0.1:${port}?count=1&workers=1`, '-format', 'json', '-transport', 'file']
  const child = spawn('goflow2', [...options, '-addr', `127.0.0.1:${metrics}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
    env: withTools()
  })
  await once(child, 'spawn')
  const ended = once(child, 'close')
  const flows: JsonFlow[] = []
  let lastAt = performance.now()
  readline.createInterface({ input: child.stdout }).on('line', (line) => {
    flows.push(JSON.parse(line) as JsonFlow)
    lastAt = performance.now()
  })
  try {
    await listening(port)
    await runPipeline(`flow-pcap ${quoted(capture)} | flow-send -to 127.0.0.1:${port}`)
    lastAt = performance.now()
    while (performance.now() - lastAt < SILENCE_MS) await sleep(POLL_MS)
  } finally {
    process.kill(-child.pid!, 'SIGTERM')
  }
  await ended
  return flows
}

const quoted = (file: string): string => `'${file.replaceAll("'", `'\\''`)}'`
