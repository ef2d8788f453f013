/** Runs the built tools as a user does: real processes, real pipes. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import path from 'node:path'
import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..')
const BIN = path.join(ROOT, 'bin')

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: Buffer
  stderr: string
}

/** Runs one tool with `input` as its stdin, to its end. */
export function runTool(
  name: string,
  args: readonly string[],
  input: Buffer | string = '',
  env: Record<string, string> = {}
): Promise<Ended> {
  const running = startTool(name, args, env)
  running.stdin.end(input)
  return running.ended
}

/** A tool that runs: to be fed, watched and signalled. */
export interface Running {
  readonly stdin: Writable
  /** what it has written so far */
  stdout(): Buffer
  stderr(): string
  kill(signal: NodeJS.Signals): void
  /** Resolved once `isSo`, which is asked whenever the tool has written something. Rejected where the tool ends before. */
  until(isSo: () => boolean): Promise<void>
  readonly ended: Promise<Ended>
}

export function startTool(name: string, args: readonly string[], env: Record<string, string> = {}): Running {
  const child = spawn(path.join(BIN, name), args, { stdio: 'pipe', env: { ...process.env, ...env } })
  return running(name, child, (signal) => child.kill(signal))
}

/** The same of a pipeline, as `runPipeline` has them; signals go to all of its processes, as those of a terminal and a service manager do. */
export function startPipeline(command: string): Running {
  const shell = spawn('bash', ['-c', command], { stdio: 'pipe', detached: true, env: withTools() })
  return running(command, shell, (signal) => process.kill(-shell.pid!, signal))
}

/** The environment, with the built tools on its PATH. */
export function withTools(env: Record<string, string> = {}): NodeJS.ProcessEnv {
  return { ...process.env, ...env, PATH: `${BIN}:${process.env.PATH ?? ''}` }
}

function running(name: string, child: ChildProcessWithoutNullStreams, kill: (signal: NodeJS.Signals) => void): Running {
  const chunks: Buffer[] = []
  let stderr = ''
  let isOver = false
  const watchers = new Set<() => void>()
  const notify = (): void => {
    for (const watcher of watchers) watcher()
  }
  child.stdout.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    notify()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
    notify()
  })
  child.stdin.on('error', () => undefined) // a tool may end before it has read all
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      isOver = true
      resolve({ code, signal, stdout: Buffer.concat(chunks), stderr })
      notify()
    })
  })
  return {
    stdin: child.stdin,
    stdout: () => Buffer.concat(chunks),
    stderr: () => stderr,
    kill,
    until: (isSo) =>
      new Promise<void>((resolve, reject) => {
        const watcher = (): void => {
          if (isSo()) resolve()
          else if (isOver) reject(new Error(`${name} ended before that: ${stderr}`))
          else return
          watchers.delete(watcher)
        }
        watchers.add(watcher)
        watcher()
      }),
    ended
  }
}

/** Runs a pipeline in a shell in which the tools are on the PATH; `set -o pipefail`, stderr of all tools together. */
export function runPipeline(command: string, input: Buffer | string = '', env: Record<string, string> = {}): Promise<Ended> {
  const shell = spawn('bash', ['-o', 'pipefail', '-c', command], {
    stdio: 'pipe',
    env: withTools(env)
  })
  return ended(shell, input)
}

function ended(child: ReturnType<typeof spawn>, input: Buffer | string): Promise<Ended> {
  const stdout: Buffer[] = []
  let stderr = ''
  child.stdout!.on('data', (chunk: Buffer) => stdout.push(chunk))
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  child.stdin!.on('error', () => undefined) // a tool may end before it has read all
  child.stdin!.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      resolve({ code, signal, stdout: Buffer.concat(stdout), stderr })
    })
  })
}
