/** Which bytes are UTF-8 (RFC 3629): strings come off the wire and may be anything. */

/**
 * How many bytes the character at `buf[at]` takes before `end`. Below zero where there is none, because the bytes are no UTF-8: then
 * as many bytes, negated, are to be replaced together, as the Unicode Standard recommends (section 3.9, "maximal subparts").
 */
export function characterSize(buf: Buffer, at: number, end: number): number {
  const lead = buf[at]
  if (lead < 0x80) return 1
  if (lead < 0xc2 || lead > 0xf4) return -1
  const following = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3
  // the second byte decides whether the character is written longer than needed, half of a surrogate pair, or past U+10FFFF
  let least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80
  let most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf
  for (let i = 1; i <= following; i++) {
    if (at + i >= end || buf[at + i] < least || buf[at + i] > most) return -i
    least = 0x80
    most = 0xbf
  }
  return following + 1
}

/** Whether the character at `buf[at]`, of that size, is a control character: they move cursors and make lines. */
export function isControl(buf: Buffer, at: number, size: number): boolean {
  if (size === 1) return buf[at] < 0x20 || buf[at] === 0x7f
  return size === 2 && buf[at] === 0xc2 && buf[at + 1] < 0xa0
}

/** Unicode's white space past ASCII that is no control character, with U+FEFF, which many readers take for some. */
const SPACES = new Set([0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff, ...Array.from({ length: 11 }, (_, i) => 0x2000 + i)])

/** Whether a reader that goes by Unicode takes the character at `buf[at]`, of that size, for white space. */
export function isSpace(buf: Buffer, at: number, size: number): boolean {
  if (size === 2) return SPACES.has(((buf[at] & 0x1f) << 6) | (buf[at + 1] & 0x3f))
  return size === 3 && SPACES.has(((buf[at] & 0x0f) << 12) | ((buf[at + 1] & 0x3f) << 6) | (buf[at + 2] & 0x3f))
}

/** Whether that reader takes it for the end of a line: U+2028 and U+2029. */
export function isLineSeparator(buf: Buffer, at: number, size: number): boolean {
  return size === 3 && buf[at] === 0xe2 && buf[at + 1] === 0x80 && (buf[at + 2] === 0xa8 || buf[at + 2] === 0xa9)
}

/** Copies the character of `size` bytes at `buf[at]`, or writes U+FFFD where the size is below zero; returns the position behind it. */
export function writeCharacter(out: DataView, pos: number, buf: Buffer, at: number, size: number): number {
  if (size < 0) return writeReplacement(out, pos)
  for (let i = 0; i < size; i++) out.setUint8(pos++, buf[at + i])
  return pos
}

/** Writes U+FFFD, which stands for what cannot be shown; returns the position behind it. */
export function writeReplacement(out: DataView, pos: number): number {
  out.setUint32(pos, 0x00bdbfef, true)
  return pos + 3
}
