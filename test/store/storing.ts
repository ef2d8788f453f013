/** What the tests of flow-store share: a folder of its own, streams of flows, what is in the folder. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { frameReader } from '../../src/flow/frames.js'
import { encodeFlow } from '../support/random-flow.js'

/** 2026-11-25 09:05 UTC, in milliseconds */
export const NINE = Date.UTC(2026, 10, 25, 9, 5)
export const MINUTE = 60_000

/** A folder that goes with the test. */
export function newFolder(test: TestContext): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-store-'))
  test.after(() => {
    fs.rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

export function frame(message: Buffer): Buffer {
  const length: number[] = []
  for (let rest = message.length; ; rest >>>= 7) {
    length.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest)
    if (rest <= 0x7f) break
  }
  return Buffer.concat([Buffer.from(length), message])
}

/** A flow that was received at that time in milliseconds. */
export function flowAt(ms: number, fields: Record<string, unknown> = {}): Buffer {
  return frame(
    encodeFlow({ time_received_ns: String(BigInt(ms) * 1_000_000n), src_addr: Buffer.from([192, 0, 2, 1]), bytes: 100, ...fields })
  )
}

/** `count` flows a millisecond apart, numbered in sequence_num. */
export function flowsFrom(ms: number, count: number): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, i) => flowAt(ms + i, { sequence_num: i + 1 })))
}

/** The messages of a stream. */
export function messagesOf(stream: Buffer): Buffer[] {
  const messages: Buffer[] = []
  const reader = frameReader((buf, start, end) => messages.push(Buffer.from(buf.subarray(start, end))))
  reader.push(stream)
  reader.end()
  return messages
}

/** All files in a folder but those that flow-store has for itself, from the folder on. */
export function filesIn(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.flow-store.'))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort()
}
