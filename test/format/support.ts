/** What the tests of flow-format share: messages by protobufjs, and lines made in memory. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { loadMapping } from '../../src/mapping/mapping.js'
import type { Appendable } from '../../src/flow/appendable.js'
import { lineWriter } from '../../src/text/line.js'
import { writeVarint32 } from '../../src/flow/varint.js'
import { chooseColumns } from '../../src/format/columns.js'
import { csvStyle } from '../../src/format/csv.js'
import { jsonStyle } from '../../src/format/json.js'
import { textStyle } from '../../src/format/text.js'
import { FlowMessage, longOf } from '../support/datagram-stream.js'

/** A message that holds these values; 64-bit ones may be BigInts. */
export function encode(values: Record<string, unknown>): Buffer {
  const written = Object.entries(values).map(([name, value]) => [name, typeof value === 'bigint' ? longOf(value) : value] as const)
  return Buffer.from(FlowMessage.encode(Object.fromEntries(written)).finish())
}

export function frame(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5)
  return Buffer.concat([prefix.subarray(0, writeVarint32(prefix, 0, message.length)), message])
}

export function flow(values: Record<string, unknown>): Buffer {
  return frame(encode(values))
}

/** An output that has no more room than it is asked for: a writer that needs more fails. */
function tightOutput(): Appendable {
  const output = {
    buf: Buffer.alloc(0),
    pos: 0,
    reserve(size: number): void {
      output.buf = Buffer.alloc(size)
    }
  }
  return output
}

const textOf = ({ buf, pos }: Appendable): string => buf.toString('utf8', 0, pos)

export type TextFormat = 'json' | 'text' | 'csv'

/** Makes the line of a message, without its end; undefined where the message is refused. */
export type Formatter = (message: Uint8Array) => string | undefined

export async function formatter(
  format: TextFormat = 'json',
  { fields, mapping }: { fields?: string[]; mapping?: string } = {}
): Promise<Formatter> {
  const columns = chooseColumns(await mappingOf(mapping), fields)
  const style = { json: jsonStyle, text: textStyle, csv: csvStyle }[format]
  const write = lineWriter({ ...columns, listed: columns.listed || format === 'csv' }, style, '')
  return (message) => {
    // in the middle of a buffer, as it comes out of a pipe, and alone
    const inside = tightOutput()
    const ok = write(inside, Buffer.concat([Buffer.alloc(3, 0xff), message, Buffer.alloc(20, 0xff)]), 3, 3 + message.length, 0)
    const alone = tightOutput()
    const okAlone = write(alone, Buffer.from(message), 0, message.length, 0)
    assert.deepEqual([okAlone, textOf(alone)], [ok, textOf(inside)], 'what stands around a message changes its line')
    return ok ? textOf(inside) : undefined
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
  return JSON.parse(line.replace(/"(?:[^"\\]|\\.)*"|-?\d+/g, (token) => (token.startsWith('"') ? token : `"#${token}"`))) as Record<
    string,
    unknown
  >
}
