/** The key of a line of JSON, found in its bytes: to parse all of a line for a value or two takes ten times as long as all else that is done with it. */
import type { Mapping } from '../mapping/mapping.js'
import { fieldKey, type Key, type KeyOf, NO_KEY, textOf } from './key.js'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const COMMA = 0x2c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN = 0x7b
const CLOSE = 0x7d

const SEPARATOR = Buffer.from(',')

/** A value that is wanted: its name, where it stands in the line, and its text where it is missing. */
interface Wanted {
  name: Buffer
  missing: Buffer
  start: number
  end: number
}

/** The key that a flow has as a message, from the line of JSON that flow-format makes of it, or from any object with those names; no key of what is none. */
export function jsonKey(mapping: Mapping, columns: readonly string[]): KeyOf {
  const nothing = Buffer.alloc(0)
  const wanted = columns.map((name): Wanted => ({
    name: Buffer.from(mapping.formatter.rename.get(name) ?? name),
    // flow-format leaves out what is not set
    missing: Buffer.from(textOf(fieldKey(mapping, [name])(nothing, 0, 0)) ?? ''),
    start: 0,
    end: 0
  }))
  const key: Key = { bytes: Buffer.alloc(256), size: 0 }

  function append(bytes: Buffer, start: number, end: number): void {
    if (key.size + end - start > key.bytes.length) {
      const larger = Buffer.alloc(2 * (key.size + end - start))
      key.bytes.copy(larger, 0, 0, key.size)
      key.bytes = larger
    }
    while (start < end) key.bytes[key.size++] = bytes[start++]
  }

  return (buf, start, end) => {
    if (!findValues(buf, start, end, wanted)) return NO_KEY
    key.size = 0
    try {
      for (let i = 0; i < wanted.length; i++) {
        const { missing, start: from, end: to } = wanted[i]
        if (i > 0) append(SEPARATOR, 0, 1)
        if (to === 0) append(missing, 0, missing.length)
        else if (isPlainString(buf, from, to)) append(buf, from + 1, to - 1)
        else {
          const text = Buffer.from(inText(JSON.parse(withWholeNumbers(buf.toString('utf8', from, to)))))
          append(text, 0, text.length)
        }
      }
    } catch {
      return NO_KEY
    }
    return key
  }
}

/** Sets the places of the wanted values, of each the last one; false where the line is no object. */
function findValues(buf: Buffer, start: number, end: number, wanted: readonly Wanted[]): boolean {
  for (const value of wanted) value.end = 0
  let pos = skipSpace(buf, start, end)
  if (buf[pos] !== OPEN) return false
  pos = skipSpace(buf, pos + 1, end)
  if (buf[pos] === CLOSE) return skipSpace(buf, pos + 1, end) === end
  for (;;) {
    const nameStart = pos
    if (pos >= end || buf[pos] !== QUOTE) return false
    const nameEnd = (pos = stringEnd(buf, pos, end))
    pos = skipSpace(buf, pos, end)
    if (pos >= end || buf[pos] !== COLON) return false
    const valueStart = skipSpace(buf, pos + 1, end)
    const valueEnd = skipValue(buf, valueStart, end)
    if (valueEnd === valueStart) return false
    for (const value of wanted) {
      if (!isName(buf, nameStart + 1, nameEnd - 1, value.name)) continue
      value.start = valueStart
      value.end = valueEnd
    }
    pos = skipSpace(buf, valueEnd, end)
    if (pos >= end) return false
    if (buf[pos] === CLOSE) return skipSpace(buf, pos + 1, end) === end
    if (buf[pos] !== COMMA) return false
    pos = skipSpace(buf, pos + 1, end)
  }
}

function skipSpace(buf: Buffer, pos: number, end: number): number {
  while (pos < end && (buf[pos] === 0x20 || buf[pos] === 0x09 || buf[pos] === 0x0d || buf[pos] === 0x0a)) pos++
  return pos
}

/** Behind the string that begins at `pos`; `end` and more where it has no end. */
function stringEnd(buf: Buffer, pos: number, end: number): number {
  for (pos++; pos < end && buf[pos] !== QUOTE; pos++) if (buf[pos] === BACKSLASH) pos++
  return pos + 1
}

/** Behind the value that begins at `pos`, `pos` where there is none. */
function skipValue(buf: Buffer, pos: number, end: number): number {
  let depth = 0
  while (pos < end) {
    const byte = buf[pos]
    if (byte === QUOTE) {
      pos = stringEnd(buf, pos, end)
      if (depth === 0) return Math.min(pos, end)
      continue
    }
    if (byte === OPEN || byte === OPEN_LIST) depth++
    else if (byte === CLOSE || byte === CLOSE_LIST) {
      if (depth === 0) return pos
      if (--depth === 0) return pos + 1
    } else if (depth === 0 && (byte === COMMA || byte <= 0x20)) return pos
    pos++
  }
  return pos
}

function isName(buf: Buffer, start: number, end: number, name: Buffer): boolean {
  if (end - start !== name.length) return false
  for (let i = 0; i < name.length; i++) if (buf[start + i] !== name[i]) return false
  return true
}

/** Whether the value is a string that stands for itself. */
function isPlainString(buf: Buffer, start: number, end: number): boolean {
  if (buf[start] !== QUOTE || end - start < 2) return false
  for (let pos = start + 1; pos < end - 1; pos++) if (buf[pos] === BACKSLASH || buf[pos] < 0x20) return false
  return true
}

/** The value with its numbers of many digits as strings: as numbers they would lose the last ones. */
function withWholeNumbers(value: string): string {
  if (!/\d{16}/.test(value)) return value
  return value.replace(/"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])\d{16,}(?![\d.eE])/g, (token) => (token.startsWith('"') ? token : `"${token}"`))
}

function inText(value: unknown): string {
  if (Array.isArray(value)) return value.map(inText).join(' ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
