/** What targets have in common: real input to begin with, and what may come of a changed one. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { UserError } from '../../src/cli/exit.js'
import type { Log } from '../../src/cli/log.js'
import { BrokenStreamError } from '../../src/flow/blocks.js'
import { captureIndex } from '../captures/capture-index.js'
import { readCapture } from '../support/captures.js'
import type { DatagramSpec } from '../support/datagram-stream.js'
import { ROOT } from '../support/tools.js'

export type Random = () => number

/** Tries one changed input; gives the kind of what came of it. Throws what no input may cause. */
export type Trial = (random: Random) => Promise<string> | string

export const FIXTURES = path.join(ROOT, 'test/fixtures')

/** Real captures: the project's own, and those beside it where they are. */
export function captureFiles(): string[] {
  const own = fs.readdirSync(FIXTURES).filter((name) => name.endsWith('.pcap'))
  return [...own.map((name) => path.join(FIXTURES, name)), ...captureIndex().map(({ path: file }) => file)]
}

/** The first datagrams of all of them. */
export async function realDatagrams(most: number): Promise<Required<DatagramSpec>[]> {
  const all: Required<DatagramSpec>[] = []
  for (const file of captureFiles()) all.push(...(await readCapture(file)).slice(0, most))
  return all
}

export const pick = <T>(list: readonly T[], random: Random): T => list[random() % list.length]

/** A refusal that a user can read is a kind; anything else is thrown on. */
export function refusal(error: unknown): string {
  if (error instanceof UserError) {
    if (error.message.includes('\n    at ')) throw new Error(`a stack trace for a user: ${error.message}`)
    return `refused, exit ${error.exitCode}`
  }
  if (error instanceof BrokenStreamError) return `broken: ${error.reason.replace(/\d+/g, 'N')}`
  throw error
}

/** Runs `use` with a file that holds these bytes. */
export async function withFile<T>(bytes: Buffer | string, use: (file: string) => T | Promise<T>): Promise<T> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fuzz-'))
  try {
    const file = path.join(folder, 'input')
    fs.writeFileSync(file, bytes)
    return await use(file)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

const silent = (): void => undefined
export const SILENT: Log = { debug: silent, info: silent, warn: silent, error: silent }
