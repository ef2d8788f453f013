/** How many columns of a terminal a text takes, and how names from the network are shown there. */
import { eastAsianWidth } from 'get-east-asian-width'
import { characterSize, writeReplacement } from '../text/utf8.js'

/** Marks that stand on the character before, and the vowels and finals of Hangul syllables. */
const NO_WIDTH = /^[\p{Mn}\p{Me}\u1160-\u11ff]$/u

function characterWidth(character: string): number {
  const codePoint = character.codePointAt(0)!
  if (codePoint < 0x300) return 1
  return NO_WIDTH.test(character) ? 0 : eastAsianWidth(codePoint)
}

const isAscii = (text: string): boolean => /^[\x20-\x7e]*$/.test(text)

/** Columns that a text without control characters takes: two for East Asian wide characters and emoji, none for combining marks. */
export function textWidth(text: string): number {
  if (isAscii(text)) return text.length
  let width = 0
  for (const character of text) width += characterWidth(character)
  return width
}

/** What stands for the part that was cut out: one column. */
const ELLIPSIS = '…'

/** A text in `width` columns at the most, at least 1, cut in the middle; `tail` columns at its end stay. */
export function cutMiddle(text: string, width: number, tail = 0): string {
  if (textWidth(text) <= width) return text
  const characters = Array.from(text)
  const room = width - 1
  const behind = Math.min(room, Math.max(tail, tail + Math.floor((room - tail) / 2)))
  let last = characters.length
  let used = 0
  // a mark goes with the character that it stands on
  while (last > 0 && used + characterWidth(characters[last - 1]) <= behind) used += characterWidth(characters[--last])
  while (last < characters.length && characterWidth(characters[last]) === 0) last++
  const front = room - used
  let first = 0
  used = 0
  while (first < last && used + characterWidth(characters[first]) <= front) used += characterWidth(characters[first++])
  return characters.slice(0, first).join('') + ELLIPSIS + characters.slice(last).join('')
}

/**
 * Characters that move a cursor, turn the direction of text, join others or show nothing: names from the network are not to do that on a
 * terminal. Controls, formats, line and paragraph separators, lone surrogates; the selectors of a character's form are dropped, since
 * terminals do not agree on how wide they make it.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u
const SELECTOR = /[\ufe00-\ufe0f]/

const LETTERS: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escapeOf(character: string): string {
  if (SELECTOR.test(character)) return ''
  const hex = character.codePointAt(0)!.toString(16)
  return (
    LETTERS[character] ?? (hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`)
  )
}

/** A text with what is not to reach a terminal as escapes: `\x1b[31m`. */
export function shownText(text: string): string {
  return isAscii(text) ? text : text.replace(SHOWN_AS_ESCAPE, escapeOf)
}
const SHOWN_AS_ESCAPE = new RegExp(`${UNSEEN.source}|${SELECTOR.source}`, 'gu')

/** The same of bytes that may be no UTF-8 (then U+FFFD), written at `pos`: at most `SHOWN_GROWTH` bytes for one. */
export function writeShown(out: DataView, pos: number, buf: Buffer, start: number, end: number): number {
  for (let at = start; at < end;) {
    const byte = buf[at]
    if (byte >= 0x20 && byte < 0x7f) {
      out.setUint8(pos++, byte)
      at++
      continue
    }
    const size = characterSize(buf, at, end)
    if (size < 0) pos = writeReplacement(out, pos)
    else for (const shown of Buffer.from(shownText(buf.toString('utf8', at, at + size)))) out.setUint8(pos++, shown)
    at += Math.abs(size)
  }
  return pos
}
export const SHOWN_GROWTH = 4
