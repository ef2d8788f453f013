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

/** Many texts side by side, in steps of the longest: quicker to come by than an object each. */
export interface ChunkTable {
  readonly words: Float64Array
  readonly width: number
  readonly sizes: Uint32Array
}

/** Text i has the words from i · width on, and sizes[i] bytes. */
export function chunkTable(texts: readonly string[]): ChunkTable {
  const chunks = texts.map(chunksOf)
  const width = Math.max(LEAST_WORDS, ...chunks.map(({ words }) => words.length))
  const words = new Float64Array(width * chunks.length)
  chunks.forEach((chunk, i) => {
    words.set(chunk.words, i * width)
  })
  return { words, width, sizes: Uint32Array.from(chunks, ({ size }) => size) }
}

/** How long a key is cannot be foretold: so many words are written of each, without a branch. */
const LEAST_WORDS = 2
/** What `writeChunk` may write behind the position that it returns. */
export const CHUNK_SLACK_BYTES = 8 * LEAST_WORDS

/** Writes text number `i`; returns the position behind it. */
export function writeChunk(out: DataView, pos: number, { words, width, sizes }: ChunkTable, i: number): number {
  const size = sizes[i]
  const from = i * width
  out.setFloat64(pos, words[from], true)
  out.setFloat64(pos + 8, words[from + 1], true)
  for (let word = LEAST_WORDS; 8 * word < size; word++) out.setFloat64(pos + 8 * word, words[from + word], true)
  return pos + size
}
