/** What the tests of flow-format share: messages by protobufjs, and lines made in memory. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import protobuf from 'protobufjs'
import { loadMapping } from '../../src/flow/mapping.js'
import type { Output } from '../../src/flow/output.js'
import { writeVarint32 } from '../../src/flow/varint.js'
import { chooseColumns } from '../../src/format/columns.js'
import { csvStyle } from '../../src/format/csv.js'
import { jsonStyle } from '../../src/format/json.js'
import { lineWriter } from '../../src/format/line.js'
import { textStyle } from '../../src/format/text.js'
import { ROOT } from '../support/tools.js'

export const FlowMessage = protobuf.parse(fs.readFileSync(path.join(ROOT, 'proto/flow.proto'), 'utf8'), { keepCase: true }).root.lookupType('flowpb.FlowMessage')

/** A message that holds these values; 64-bit ones may be BigInts. */
export function encode(values: Record<string, unknown>): Buffer {
  const long = (value: unknown): unknown =>
    typeof value === 'bigint' ? { low: Number(value & 0xffffffffn) | 0, high: Number(value >> 32n) | 0, unsigned: true } : value
  return Buffer.from(FlowMessage.encode(Object.fromEntries(Object.entries(values).map(([name, value]) => [name, long(value)]))).finish())
}

export function frame(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5)
  return Buffer.concat([prefix.subarray(0, writeVarint32(prefix, 0, message.length)), message])
}

export function flow(values: Record<string, unknown>): Buffer {
  return frame(encode(values))
}

/** An output that keeps everything, and grows no more than it is asked to: a writer that needs more than it reserved fails. */
function memoryOutput(): Output & { text(): string } {
  const output = {
    buf: Buffer.alloc(0),
    pos: 0,
    done: '',
    reserve(size: number): void {
      output.done = output.text()
      output.buf = Buffer.alloc(size)
      output.pos = 0
    },
    text: () => output.done + output.buf.toString('utf8', 0, output.pos),
    commit: () => undefined,
    flush: () => undefined,
    ready: () => Promise.resolve(),
    end: () => Promise.resolve(),
    blocked: false,
    bytesWritten: 0
  }
  return output
}

export type TextFormat = 'json' | 'text' | 'csv'

/** Makes the line of a message, without its end; undefined where the message is refused. */
export type Formatter = (message: Uint8Array) => string | undefined

export async function formatter(format: TextFormat = 'json', { fields, mapping }: { fields?: string[]; mapping?: string } = {}): Promise<Formatter> {
  const columns = chooseColumns(await mappingOf(mapping), fields)
  const style = { json: jsonStyle, text: textStyle, csv: csvStyle }[format]
  const write = lineWriter({ ...columns, listed: columns.listed || format === 'csv' }, style, '')
  return (message) => {
    const output = memoryOutput()
    // in the middle of a buffer, as it comes out of a pipe
    const buf = Buffer.concat([Buffer.alloc(3, 0xff), message, Buffer.alloc(20, 0xff)])
    const tight = Buffer.from(message)
    const ok = write(output, buf, 3, 3 + message.length, 0)
    const again = memoryOutput()
    if (write(again, tight, 0, tight.length, 0) !== ok || again.text() !== output.text()) throw new Error('what stands around a message changes its line')
    return ok ? output.text() : undefined
  }
}

async function mappingOf(yaml: string | undefined): ReturnType<typeof loadMapping> {
  if (yaml === undefined) return loadMapping(undefined)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mapping-'))
  const file = path.join(folder, 'mapping.yaml')
  try {
    fs.writeFileSync(file, yaml)
    return await loadMapping(file)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

/** JSON with every number as the digits it is written with. */
export function parseExactly(line: string): Record<string, unknown> {
  return JSON.parse(line.replace(/"(?:[^"\\]|\\.)*"|-?\d+/g, (token) => (token.startsWith('"') ? token : `"#${token}"`))) as Record<string, unknown>
}
