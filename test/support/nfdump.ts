/** Debian's nfcapd and nfdump as judges: what they make of the same datagrams. */
import { spawn, spawnSync } from 'node:child_process'
import dgram from 'node:dgram'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { readDatagrams } from './datagram-stream.js'
import { freePort } from './ports.js'

/** To be given as a test's `skip`. */
export const withoutNfdump: string | false =
  spawnSync('nfdump', ['-V']).error === undefined && spawnSync('nfcapd', ['-V']).error === undefined ? false : 'no nfdump'

/** A burst that the kernel's buffer for nfcapd's socket holds. */
const BURST_BYTES = 16_000

/** Starts an nfcapd, and once `send` has sent to its port gives what `ask` makes of the folder with its files. */
export async function withNfcapd<T>(send: (port: number) => Promise<unknown>, ask: (folder: string) => Promise<T>): Promise<T> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nfcapd-'))
  const port = await freePort()
  const nfcapd = spawn('nfcapd', ['-w', folder, '-b', '127.0.0.1', '-p', String(port), '-t', '3600'], { stdio: 'ignore' })
  const exited = new Promise((resolve) => nfcapd.once('exit', resolve))
  try {
    await listening(port)
    await send(port)
    await pause(500)
    nfcapd.kill('SIGTERM')
    await exited
    return await ask(folder)
  } finally {
    nfcapd.kill('SIGKILL')
    fs.rmSync(folder, { recursive: true })
  }
}

/** Waits until somebody has the UDP port. */
export async function listening(port: number): Promise<void> {
  const wanted = `:${port.toString(16).padStart(4, '0').toUpperCase()} `
  for (let i = 0; i < 200; i++) {
    if (fs.readFileSync('/proc/net/udp', 'utf8').includes(wanted)) return
    await pause(50)
  }
  throw new Error(`nobody listens on UDP port ${port}`)
}

/** Sends the datagrams of a stream, each exporter's from a port of its own. */
export async function sendDatagrams(stream: Buffer, port: number): Promise<void> {
  const sockets = new Map<string, dgram.Socket>()
  let burst = 0
  for (const { src, srcPort, payload } of readDatagrams(stream)) {
    const exporter = `${src} ${srcPort}`
    const socket = sockets.get(exporter) ?? dgram.createSocket('udp4')
    sockets.set(exporter, socket)
    const bytes = Buffer.from(payload, 'hex')
    await new Promise((resolve) => {
      socket.send(bytes, port, '127.0.0.1', resolve)
    })
    burst += bytes.length
    if (burst > BURST_BYTES) {
      await pause(10)
      burst = 0
    }
  }
  for (const socket of sockets.values()) socket.close()
}

/** The rows of `nfdump -R folder ARGS -o csv`, without its summary: an object a row, by the names of the header. */
export function nfdump(folder: string, args: readonly string[]): Record<string, string>[] {
  const { stdout, stderr, status } = spawnSync('nfdump', ['-R', folder, ...args, '-o', 'csv'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`nfdump ${args.join(' ')}: ${stderr}${stdout}`)
  const [header, ...rows] = stdout
    .split(/^(?:Summary|No match.*)?$/m)[0]
    .trimEnd()
    .split('\n')
  const names = header.split(',')
  return rows.map((row) => Object.fromEntries(row.split(',').map((value, i) => [names[i], value])))
}
