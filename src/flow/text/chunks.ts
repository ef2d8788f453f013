/** Text that is written again and again, such as names and keys, kept so that it is copied eight bytes at a time. */

/** A text of `size` bytes as the eight-byte words that hold it, the last one filled up. */
export interface Chunks {
  readonly words: Float64Array
  readonly size: number
}

// Numbers of 64 bits but BigInts are floating-point ones. Their NaNs may change when they are moved, and no text in UTF-8 is one:
// that would take a byte 0xff, or a 0x7f behind a byte of 0xf0 or more.
export function chunksOf(text: string): Chunks {
  const size = Buffer.byteLength(text)
  const words = new Float64Array((size + 7) >> 3)
  Buffer.from(words.buffer).write(text)
  return { words, size }
}

/** Gives the position behind the text; up to seven bytes more are written. */
export function writeChunks(out: DataView, pos: number, { words, size }: Chunks): number {
  for (let i = 0; i < words.length; i++) out.setFloat64(pos + 8 * i, words[i], true)
  return pos + size
}
