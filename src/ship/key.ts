/** The key of a message: what decides its partition, and keeps what belongs together in order. */
import { newDatagram, readDatagram } from '../flow/datagram.js'
import type { Mapping } from '../mapping/mapping.js'
import { MAX_ADDRESS_BYTES, writeIPv4, writeIPv6 } from '../text/addresses.js'
import type { Style } from '../text/cells.js'
import { viewOf } from '../flow/view.js'
import { columnsOf } from '../text/columns.js'
import { SLACK_BYTES } from '../text/digits.js'
import { lineWriter } from '../text/line.js'

/** The key of the message at `buf[start, end)`, valid until the next is asked for; null where it has none. */
export type KeyOf = (buf: Buffer, start: number, end: number) => Buffer | null

/** No key: the partitions take turns. */
export const noKey: KeyOf = () => null

/** A Datagram's key: the exporter's address as text. */
export function exporterKey(): KeyOf {
  const datagram = newDatagram()
  const out = Buffer.alloc(MAX_ADDRESS_BYTES + SLACK_BYTES)
  const view = viewOf(out)
  return (buf, start, end) => {
    if (!readDatagram(buf, start, end, datagram)) return null
    const { srcStart, srcEnd } = datagram
    if (srcEnd - srcStart === 4) return out.subarray(0, writeIPv4(view, 0, buf, srcStart))
    if (srcEnd - srcStart === 16) return out.subarray(0, writeIPv6(view, 0, buf, srcStart))
    return null
  }
}

/** Values and commas, and nothing else; entries of a repeated field stand with a space between them. */
const KEY_STYLE: Style = {
  open: '',
  close: '',
  separator: ',',
  key: () => '',
  quote: '',
  word: (name) => name,
  list: () => ({ open: '', separator: ' ', close: '' }),
  writeString(out, pos, buf, start, end) {
    while (start < end) out.setUint8(pos++, buf[start++])
    return pos
  }
}

/** A FlowMessage's key: the columns as flow-format shows them, joined by commas. */
export function fieldKey(mapping: Mapping, columns: readonly string[]): KeyOf {
  const write = lineWriter(columnsOf(mapping, columns), KEY_STYLE, '')
  const out = {
    buf: Buffer.alloc(1024),
    pos: 0,
    reserve(size: number): void {
      if (out.buf.length < size) out.buf = Buffer.alloc(2 * size)
    }
  }
  return (buf, start, end) => {
    out.pos = 0
    return write(out, buf, start, end, start) ? out.buf.subarray(0, out.pos) : null
  }
}

/** The same key for the line of JSON that flow-format made of the message, or of any object with those keys. */
export function jsonKey(mapping: Mapping, columns: readonly string[]): (line: string) => Buffer | null {
  const empty = Buffer.alloc(0)
  const fields = columns.map((name) => ({
    name: mapping.formatter.rename.get(name) ?? name,
    // flow-format leaves out what is not set
    missing: String(fieldKey(mapping, [name])(empty, 0, 0))
  }))
  return (line) => {
    let flow: unknown
    try {
      flow = JSON.parse(withWholeNumbers(line))
    } catch {
      return null
    }
    if (typeof flow !== 'object' || flow === null) return null
    const values = flow as Record<string, unknown>
    return Buffer.from(fields.map(({ name, missing }) => (name in values ? inText(values[name]) : missing)).join(','))
  }
}

/** The line with its numbers of many digits as strings: as numbers they would lose the last ones. */
function withWholeNumbers(line: string): string {
  if (!/\d{16}/.test(line)) return line
  return line.replace(/"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])\d{16,}(?![\d.eE])/g, (token) => (token.startsWith('"') ? token : `"${token}"`))
}

function inText(value: unknown): string {
  if (Array.isArray(value)) return value.map(inText).join(' ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
