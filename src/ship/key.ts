/** The key of a message: what decides its partition, and keeps what belongs together in order. */
import { growingMemory } from '../flow/appendable.js'
import { newDatagram, readDatagram } from '../flow/datagram.js'
import { fieldCursor, nextField, WIRE_BYTES } from '../flow/message.js'
import { counterField, type Schema, schemaOf } from '../flow/proto.js'
import type { Mapping } from '../mapping/mapping.js'
import { rowOf } from '../schema/fields.js'
import { MAX_ADDRESS_BYTES, writeIPv4, writeIPv6 } from '../text/addresses.js'
import type { Style } from '../text/cells.js'
import { viewOf } from '../flow/view.js'
import { columnsOf } from '../text/columns.js'
import { SLACK_BYTES } from '../text/digits.js'
import { lineWriter } from '../text/line.js'

/** The first `size` of these bytes; −1: no key. */
export interface Key {
  bytes: Buffer
  size: number
}

/** The key of the message at `buf[start, end)`, valid until the next is asked for. */
export type KeyOf = (buf: Buffer, start: number, end: number) => Key

export const NO_KEY: Key = { bytes: Buffer.alloc(0), size: -1 }

/** No key: the partitions take turns. */
export const noKey: KeyOf = () => NO_KEY

/** A Datagram's key: the exporter's address as text. */
export function exporterKey(): KeyOf {
  const datagram = newDatagram()
  const addressKey = keyOfAddress()
  return (buf, start, end) => (readDatagram(buf, start, end, datagram) ? addressKey(buf, datagram.srcStart, datagram.srcEnd) : NO_KEY)
}

/** A CounterSample's key: the agent's address as text. */
export function agentKey(): KeyOf {
  const cursor = fieldCursor()
  const agent = counterField('agent').number
  const addressKey = keyOfAddress()
  return (buf, start, end) => {
    cursor.pos = start
    while (nextField(buf, end, cursor)) {
      if (cursor.field === agent && cursor.wireType === WIRE_BYTES) return addressKey(buf, cursor.start, cursor.end)
    }
    return NO_KEY
  }
}

/** The address `buf[start, end)` as text; no key where it is none. */
function keyOfAddress(): KeyOf {
  const key: Key = { bytes: Buffer.alloc(MAX_ADDRESS_BYTES + SLACK_BYTES), size: 0 }
  const view = viewOf(key.bytes)
  return (buf, start, end) => {
    if (end - start === 4) key.size = writeIPv4(view, 0, buf, start)
    else if (end - start === 16) key.size = writeIPv6(view, 0, buf, start)
    else return NO_KEY
    return key
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

/** The fields that make these columns, so that all others are passed over quickly. */
function schemaFor(schema: Schema, columns: readonly string[]): Schema {
  // what is no field is made of several
  if (columns.some((name) => schema.find(name) === undefined)) return schema
  // a prefix's length is shown with its address
  const shown = new Set(columns.flatMap((name) => [name, rowOf(name)?.of ?? name]))
  return schemaOf(schema.fields.filter(({ name }) => shown.has(name)))
}

/** A FlowMessage's key: the columns as flow-format shows them, joined by commas. */
export function fieldKey(mapping: Mapping, columns: readonly string[]): KeyOf {
  const write = lineWriter(columnsOf({ ...mapping, schema: schemaFor(mapping.schema, columns) }, columns), KEY_STYLE, '')
  const out = growingMemory(1024)
  const key: Key = { bytes: out.buf, size: 0 }
  return (buf, start, end) => {
    out.pos = 0
    if (!write(out, buf, start, end, start)) return NO_KEY
    key.bytes = out.buf
    key.size = out.pos
    return key
  }
}

/** The key as text; null where there is none. */
export function textOf({ bytes, size }: Key): string | null {
  return size < 0 ? null : bytes.toString('utf8', 0, size)
}
