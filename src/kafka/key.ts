/** The key of a message: what decides its partition, and keeps what belongs together in order. */
import { EXIT, UserError } from '../cli/exit.js'
import { newDatagram, readDatagram } from '../flow/datagram.js'
import { entryCursor, fieldReader, fieldValues, firstEntry, isSet, nextEntry } from '../flow/fieldvalues.js'
import type { Mapping } from '../flow/mapping.js'
import { MAX_ADDRESS_BYTES, writeIPv4, writeIPv6, writeNetwork } from '../flow/text/addresses.js'
import { type Rendering, renderingOf, SHOW, writeBytes, writeNumber } from '../flow/text/values.js'

/** The key of the message at `buf[start, end)`, valid until the next is asked for; null where it has none. */
export type KeyOf = (buf: Buffer, start: number, end: number) => Buffer | null

const COMMA = 0x2c

/** No key: the partitions take turns. */
export const noKey: KeyOf = () => null

/** A Datagram's key: the exporter's address as text. */
export function exporterKey(): KeyOf {
  const datagram = newDatagram()
  const out = Buffer.alloc(MAX_ADDRESS_BYTES)
  const view = viewOf(out)
  return (buf, start, end) => {
    if (!readDatagram(buf, start, end, datagram)) return null
    const { srcStart, srcEnd } = datagram
    if (srcEnd - srcStart === 4) return out.subarray(0, writeIPv4(view, 0, buf, srcStart))
    if (srcEnd - srcStart === 16) return out.subarray(0, writeIPv6(view, 0, buf, srcStart))
    return null
  }
}

const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView => new DataView(buffer, byteOffset, length)

interface KeyField {
  place: number
  isBytes: boolean
  repeated: boolean
  rendering: Rendering
  /** the place of the address that a network is the prefix of */
  addressPlace: number
}

const ADDRESS_OF: Readonly<Record<string, string>> = { src_net: 'src_addr', dst_net: 'dst_addr' }

/** A FlowMessage's key: the columns as flow-format shows them, joined by commas. Entries of a repeated field stand with a space between them. */
export function fieldKey({ schema, formatter }: Mapping, columns: readonly string[]): KeyOf {
  const values = fieldValues(schema)
  const read = fieldReader(values)
  const entries = entryCursor()
  const fields = columns.map((name): KeyField => {
    const field = schema.find(name)
    if (field === undefined) throw new UserError(EXIT.badConfig, `the key cannot be made of ${name}, which is no field of its own`)
    return {
      place: schema.fields.indexOf(field),
      isBytes: field.type === 'bytes' || field.type === 'string',
      repeated: field.repeated,
      rendering: renderingOf(field, formatter.render.get(name)),
      addressPlace: schema.fields.findIndex((other) => other.name === ADDRESS_OF[name])
    }
  })
  let out = Buffer.alloc(1024)
  let view = viewOf(out)

  function write(pos: number, { rendering, isBytes, addressPlace }: KeyField, hi: number, lo: number, start: number, end: number): number {
    const { buf } = values
    const most = rendering.most + 2 * (end - start) + 1
    if (out.length - pos < most) {
      out = Buffer.concat([out, Buffer.alloc(out.length + most)])
      view = viewOf(out)
    }
    if (rendering.show === SHOW.network) {
      const known = isSet(values, addressPlace)
      return writeNetwork(view, pos, buf, known ? values.start[addressPlace] : 0, known ? values.end[addressPlace] : 0, lo)
    }
    if (!isBytes) return writeNumber(view, pos, rendering, hi, lo)
    if (rendering.show === SHOW.text) return pos + buf.copy(out, pos, start, end)
    return writeBytes(view, pos, rendering, buf, start, end)
  }

  function writeField(pos: number, field: KeyField): number {
    const { place } = field
    const present = isSet(values, place)
    if (!field.repeated) {
      if (present) return write(pos, field, values.hi[place], values.lo[place], values.start[place], values.end[place])
      return field.isBytes ? pos : write(pos, field, 0, 0, 0, 0)
    }
    if (!present) return pos
    const first = pos
    firstEntry(values, place, entries)
    while (nextEntry(values, place, entries)) {
      if (pos > first) out[pos++] = 0x20
      pos = write(pos, field, entries.hi, entries.lo, entries.start, entries.end)
    }
    return pos
  }

  return (buf, start, end) => {
    if (!read(buf, start, end)) return null
    let pos = 0
    for (let i = 0; i < fields.length; i++) {
      if (i > 0) out[pos++] = COMMA
      pos = writeField(pos, fields[i])
    }
    return out.subarray(0, pos)
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
      flow = JSON.parse(line)
    } catch {
      return null
    }
    if (typeof flow !== 'object' || flow === null) return null
    const values = flow as Record<string, unknown>
    return Buffer.from(fields.map(({ name, missing }) => (name in values ? inText(values[name]) : missing)).join(','))
  }
}

function inText(value: unknown): string {
  if (Array.isArray(value)) return value.map(inText).join(' ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
