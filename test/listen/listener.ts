/** Runs flow-listen as a user does, on ports that the kernel chooses, and sends to it. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import dgram from 'node:dgram'
import { once } from 'node:events'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import protobuf from 'protobufjs'
import { frameReader } from '../../src/flow/frames.js'
import { ROOT } from '../support/tools.js'

/** To be given as a test's `skip`. */
export const withoutIpv6: string | false = Object.values(os.networkInterfaces())
  .flat()
  .some((at) => at?.address === '::1')
  ? false
  : 'no IPv6 on this machine'
export const withoutProc: string | false = os.platform() === 'linux' ? false : 'the kernel tells its drops on Linux only'

/** A Datagram as another implementation reads it from proto/datagram.proto. */
export interface Received {
  payload: Buffer
  src_addr: Buffer
  src_port: number
  dst_addr: Buffer
  dst_port: number
  time_received_ns: bigint
  /** of a connection; 0 for UDP */
  connection: bigint
}

const datagramType = protobuf
  .parse(fs.readFileSync(path.join(ROOT, 'proto/datagram.proto'), 'utf8'), { keepCase: true })
  .root.lookupType('flowpb.Datagram')

function decode(message: Buffer): Received {
  const fields = datagramType.toObject(datagramType.decode(message), { longs: String, defaults: true })
  const big = (name: string): bigint => BigInt(fields[name] as string)
  return { ...fields, time_received_ns: big('time_received_ns'), connection: big('connection') } as Received
}

export interface Running {
  readonly child: ChildProcess
  /** of its listeners, in their order */
  readonly ports: number[]
  stderr(): string
  /** Waits until stderr has a line like that. */
  says(line: RegExp): Promise<void>
  /** what stdout has given so far */
  readonly received: readonly Received[]
  /** Waits until that is so many. */
  until(datagrams: number): Promise<void>
  /** Nothing is read of stdout from here on, or it is again. */
  pause(): void
  resume(): void
  /** Sends SIGTERM, or another signal, and waits for the end. Fails where stdout ends inside a frame. */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; stderr: string }>
}

/** Starts flow-listen with these listeners and waits until it listens. It does not outlive the test. */
export async function listen(t: TestContext, listeners: string, ...args: string[]): Promise<Running> {
  const child = spawn(path.join(ROOT, 'bin/flow-listen'), ['-listen', listeners, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  const received: Received[] = []
  const reader = frameReader((buf, start, end) => received.push(decode(Buffer.from(buf.subarray(start, end)))))
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    reader.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const closed = once(child, 'close') as Promise<[number | null]>
  const says = async (line: RegExp): Promise<void> => {
    while (!line.test(stderr)) {
      await Promise.race([once(child.stderr, 'data'), closed])
      assert.equal(child.exitCode, null, stderr)
    }
  }
  const ports = (): number[] => Array.from(stderr.matchAll(/listening on \S*:(\d+) /g), ([, port]) => Number(port))
  await says(new RegExp(`(listening on .*[^]*){${listeners.split(',').length}}`))
  return {
    child,
    ports: ports(),
    stderr: () => stderr,
    says,
    received,
    async until(datagrams) {
      while (received.length < datagrams) {
        await Promise.race([once(child.stdout, 'data'), closed])
        assert.equal(child.exitCode, null, stderr)
      }
    },
    pause() {
      child.stdout.pause()
    },
    resume() {
      child.stdout.resume()
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      const [code] = await closed
      reader.end()
      return { code, stderr }
    }
  }
}

/** Sends payloads one after another, at the pace at which the system takes them; gives the port they were sent from. */
export async function send(port: number, payloads: Iterable<Buffer>, host = '127.0.0.1', from?: string): Promise<number> {
  const socket = dgram.createSocket(net.isIPv6(host) ? 'udp6' : 'udp4')
  socket.bind(0, from)
  await once(socket, 'listening')
  for (const payload of payloads) {
    await new Promise<void>((resolve, reject) => {
      socket.send(payload, port, host, (error) => {
        if (error === null) resolve()
        else reject(error)
      })
    })
  }
  const { port: sentFrom } = socket.address()
  socket.close()
  return sentFrom
}

/** Datagrams of `size` bytes, each with its number in front, from `first` on. */
export function* numbered(count: number, size = 1400, first = 0): Generator<Buffer> {
  for (let i = first; i < first + count; i++) {
    const payload = Buffer.alloc(size, i & 0xff)
    payload.writeUInt32BE(i)
    yield payload
  }
}

/** The numbers of the last line. */
export interface Summary {
  received: number
  written: number
  queueFull: number
  notAllowed: number
  kernel: number
}

export function summaryIn(stderr: string): Summary {
  const match = /(\d+) datagrams? in, (\d+) out(.*)\n$/.exec(stderr)
  assert.ok(match, stderr)
  const dropped = (cause: string): number => Number(new RegExp(`, (\\d+) ${cause}`).exec(match[3])?.[1] ?? 0)
  return {
    received: Number(match[1]),
    written: Number(match[2]),
    queueFull: dropped('dropped \\(queue full\\)'),
    notAllowed: dropped('not allowed'),
    kernel: dropped('dropped by the kernel')
  }
}

/** The most memory that a process had, in bytes. */
export function peakMemory(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))![1]) * 1024
}
