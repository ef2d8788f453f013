/** Runs the built tools as a user does: real processes, real pipes. */
import { spawn } from 'node:child_process'
import path from 'node:path'
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
export function runTool(name: string, args: readonly string[], input: Buffer | string = ''): Promise<Ended> {
  return ended(spawn(path.join(BIN, name), args, { stdio: 'pipe' }), input)
}

/** Runs a pipeline in a shell in which the tools are on the PATH; `set -o pipefail`, stderr of all tools together. */
export function runPipeline(command: string, input: Buffer | string = '', env: Record<string, string> = {}): Promise<Ended> {
  const shell = spawn('bash', ['-o', 'pipefail', '-c', command], {
    stdio: 'pipe',
    env: { ...process.env, ...env, PATH: `${BIN}:${process.env.PATH ?? ''}` }
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
