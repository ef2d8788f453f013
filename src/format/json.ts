/** JSON (RFC 8259): one object a line, strings valid whatever bytes came. */
import { chunksOf, writeChunks } from '../text/chunks.js'
import { writeHexByte } from '../text/digits.js'
import { characterSize, isControl, isLineSeparator, writeCharacter } from '../text/utf8.js'
import type { Style } from '../text/cells.js'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r' }
const U00 = chunksOf('u00')
const LINE_SEPARATORS = [chunksOf('\\u2028'), chunksOf('\\u2029')]
/** the letter behind the backslash, by character; 0: \u00XX */
const ESCAPES = new Uint8Array(0x100)
for (const [character, letter] of Object.entries(SHORT_ESCAPES)) ESCAPES[character.charCodeAt(0)] = letter.charCodeAt(0)

/**
 * Writes `buf[start, end)` as a JSON string. Bytes that are no UTF-8 become U+FFFD, and what ends a line or moves a cursor is
 * escaped, also where JSON would take it as it is (U+007F to U+009F, U+2028, U+2029).
 */
export function writeJsonString(out: DataView, pos: number, buf: Buffer, start: number, end: number): number {
  out.setUint8(pos++, QUOTE)
  for (let at = start; at < end;) {
    const byte = buf[at]
    if (byte >= 0x20 && byte < 0x7f) {
      if (byte === QUOTE || byte === BACKSLASH) out.setUint8(pos++, BACKSLASH)
      out.setUint8(pos++, byte)
      at++
      continue
    }
    const size = characterSize(buf, at, end)
    if (isControl(buf, at, size)) pos = writeEscape(out, pos, buf[at + size - 1])
    else if (isLineSeparator(buf, at, size)) pos = writeChunks(out, pos, LINE_SEPARATORS[buf[at + 2] & 1])
    else pos = writeCharacter(out, pos, buf, at, size)
    at += Math.abs(size)
  }
  out.setUint8(pos++, QUOTE)
  return pos
}

/** The control character of that number, which is that of its last byte in UTF-8. */
function writeEscape(out: DataView, pos: number, character: number): number {
  out.setUint8(pos++, BACKSLASH)
  if (ESCAPES[character] !== 0) {
    out.setUint8(pos, ESCAPES[character])
    return pos + 1
  }
  return writeHexByte(out, writeChunks(out, pos, U00), character)
}

export const jsonStyle: Style = {
  open: '{',
  close: '}',
  separator: ',',
  key: (name) => `${JSON.stringify(name)}:`,
  quote: '"',
  word: (name) => JSON.stringify(name).slice(1, -1),
  list: () => ({ open: '[', separator: ',', close: ']' }),
  writeString: writeJsonString
}
