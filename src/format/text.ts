/**
 * Text for people and for line tools: `key=value key=value`. A string that holds white space, quotes, control characters or what
 * stands between values is written as JSON writes it, so that a flow stays a line and its values stay separate.
 */
import { characterSize, isControl, isSpace } from '../text/utf8.js'
import { writeJsonString } from './json.js'
import { asString, type Style } from '../text/cells.js'

/** ASCII characters that stand for themselves */
const BARE = new Uint8Array(128)
for (let character = 0x21; character < 0x7f; character++) BARE[character] = '"=\\,[]'.includes(String.fromCharCode(character)) ? 0 : 1

function isBare(buf: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end;) {
    const byte = buf[at]
    if (byte < 0x80) {
      if (BARE[byte] === 0) return false
      at++
      continue
    }
    const size = characterSize(buf, at, end)
    if (size < 0 || isControl(buf, at, size) || isSpace(buf, at, size)) return false
    at += size
  }
  return true
}

function writeTextString(out: DataView, pos: number, buf: Buffer, start: number, end: number, inList: boolean): number {
  if ((inList && start === end) || !isBare(buf, start, end)) return writeJsonString(out, pos, buf, start, end)
  while (start < end) out.setUint8(pos++, buf[start++])
  return pos
}

const spelled = asString(writeTextString)

export const textStyle: Style = {
  open: '',
  close: '',
  separator: ' ',
  key: (name) => `${spelled(name)}=`,
  quote: '',
  word: spelled,
  list: () => ({ open: '[', separator: ',', close: ']' }),
  writeString: writeTextString
}
