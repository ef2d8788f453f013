/**
 * CSV (RFC 4180): a header line, then a line a flow, in UTF-8. The values of a repeated field share a cell, with spaces between them.
 * Control characters but tab and line ends have no place in CSV and become U+FFFD.
 */
import { characterSize, isControl, writeCharacter, writeReplacement } from '../text/utf8.js'
import { asString, type Style } from '../text/cells.js'

const QUOTE = 0x22
const COMMA = 0x2c
const TAB = 0x09
const LF = 0x0a
const CR = 0x0d

function writeCsvString(out: DataView, pos: number, buf: Buffer, start: number, end: number, inList: boolean): number {
  // a list's cell has quotes of its own
  const quoted = !inList && needsQuotes(buf, start, end)
  if (quoted) out.setUint8(pos++, QUOTE)
  for (let at = start; at < end;) {
    const byte = buf[at]
    if (byte >= 0x20 && byte < 0x7f) {
      if (byte === QUOTE) out.setUint8(pos++, QUOTE)
      out.setUint8(pos++, byte)
      at++
      continue
    }
    const size = characterSize(buf, at, end)
    const shown = byte === TAB || byte === LF || byte === CR || !isControl(buf, at, size)
    pos = shown ? writeCharacter(out, pos, buf, at, size) : writeReplacement(out, pos)
    at += Math.abs(size)
  }
  if (quoted) out.setUint8(pos++, QUOTE)
  return pos
}

function needsQuotes(buf: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = buf[at]
    if (byte === QUOTE || byte === COMMA || byte === LF || byte === CR) return true
  }
  return false
}

const spelled = asString(writeCsvString)

export const csvStyle: Style = {
  open: '',
  close: '',
  separator: ',',
  key: () => '',
  quote: '',
  word: spelled,
  list: (ofStrings) => ({ open: ofStrings ? '"' : '', separator: ' ', close: ofStrings ? '"' : '' }),
  writeString: writeCsvString
}

/** The first line of a file, without its end. */
export function csvHeader(names: readonly string[]): string {
  return names.map(spelled).join(',')
}
