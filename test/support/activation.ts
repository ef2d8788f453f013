/** systemd-socket-activate(1), which stands for a service manager: it binds sockets, and starts a command at the first thing that arrives. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import type { TestContext } from 'node:test'
import { withTools } from './tools.js'

const ACTIVATE = 'systemd-socket-activate'

/** To be given as a test's `skip`. */
export const withoutSystemd: string | false =
  spawnSync(ACTIVATE, ['--version']).error === undefined ? false : `no ${ACTIVATE} of systemd on this machine`

export interface Activated {
  /** of the command, once it runs */
  readonly pid: number
  readonly stdin: Writable
  stdout(): Buffer
  stderr(): string
  /** Waits until stderr has such a line. */
  says(line: RegExp): Promise<void>
  /** Waits until stdout has so many bytes. */
  writes(bytes: number): Promise<void>
  /**
   * Sends SIGTERM to every process of the command, and once more to those that are left when the first of them has ended, as systemd does (its
   * "final SIGTERM"); waits for the last.
   */
  stop(): Promise<void>
}

/** The command with these ports of 127.0.0.1, once they are open. It does not outlive the test. */
export async function activated(
  t: TestContext,
  type: 'UDP' | 'TCP',
  ports: readonly number[],
  command: readonly string[],
  env: Record<string, string> = {}
): Promise<Activated> {
  const options = [
    ...(type === 'UDP' ? ['-d'] : []),
    ...ports.flatMap((port) => ['-l', `127.0.0.1:${port}`]),
    ...Object.entries(env).flatMap(([name, value]) => ['-E', `${name}=${value}`])
  ]
  const child = spawn(ACTIVATE, [...options, ...command], { stdio: 'pipe', detached: true, env: withTools() })
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(-child.pid!, name)
    } catch {
      // it has ended
    }
  }
  const terminate = (): void => {
    signal('SIGTERM')
  }
  t.after(() => {
    signal('SIGKILL')
  })
  const chunks: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = once(child, 'close')
  const more = async (stream: Readable): Promise<void> => {
    await Promise.race([once(stream, 'data'), ended])
    assert.ok(child.exitCode === null && child.signalCode === null, `it has ended: ${stderr}`)
  }
  const says = async (line: RegExp): Promise<void> => {
    while (!line.test(stderr)) await more(child.stderr)
  }
  await says(new RegExp(`(Listening on[^]*){${ports.length}}`))
  return {
    pid: child.pid!,
    stdin: child.stdin,
    stdout: () => Buffer.concat(chunks),
    stderr: () => stderr,
    says,
    async writes(bytes) {
      while (Buffer.concat(chunks).length < bytes) await more(child.stdout)
    },
    async stop() {
      child.once('exit', terminate)
      terminate()
      await ended
    }
  }
}
