/** A column of lists: the entries of all rows one behind another, and where each row's begin. */
export interface ListColumn {
  /** Appends an entry of a number's halves (or one word, where the entries are words) to the list of `row`. */
  append(row: number, lo: number, hi: number): void
  /** Appends an entry of bytes. */
  appendBytes(row: number, buf: Buffer, start: number, end: number): void
  /** Takes the entries of `row`, the last, away. */
  drop(row: number): void
  /** Where the lists of that many rows begin and end: rows + 1 positions. */
  offsets(rows: number): Int32Array
  clear(): void
  /** how many entries there are */
  readonly count: number
  /** the entries, in `width` words each */
  readonly words: Uint32Array
  /** entries of bytes: entry i is `bytes[ends[i - 1], ends[i])` */
  readonly bytes: Buffer
  readonly ends: Int32Array
}

const FIRST_ENTRIES = 1024

/** Lists in up to `rows` rows; `width` is 0 for entries of bytes. */
export function listColumn(rows: number, width: 0 | 1 | 2): ListColumn {
  const starts = new Int32Array(rows + 1)
  /** starts[0 … filled] are right; rows behind have no entries yet */
  let filled = 0

  function begin(row: number): void {
    while (filled < row) starts[++filled] = list.count
  }

  const list = {
    append(row: number, lo: number, hi: number): void {
      begin(row)
      if ((list.count + 1) * width > list.words.length) {
        const larger = new Uint32Array(2 * list.words.length)
        larger.set(list.words)
        list.words = larger
      }
      if (width === 2) {
        list.words[2 * list.count] = lo
        list.words[2 * list.count++ + 1] = hi
      } else list.words[list.count++] = lo
    },
    appendBytes(row: number, buf: Buffer, start: number, end: number): void {
      begin(row)
      const at = list.count === 0 ? 0 : list.ends[list.count - 1]
      const to = at + end - start
      if (to > list.bytes.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(2 * list.bytes.length, to))
        list.bytes.copy(larger)
        list.bytes = larger
      }
      if (list.count === list.ends.length) {
        const larger = new Int32Array(2 * list.ends.length)
        larger.set(list.ends)
        list.ends = larger
      }
      buf.copy(list.bytes, at, start, end)
      list.ends[list.count++] = to
    },
    drop(row: number): void {
      if (filled === row) list.count = starts[row]
    },
    offsets(rowsThere: number): Int32Array {
      begin(rowsThere)
      return starts.subarray(0, rowsThere + 1)
    },
    clear(): void {
      list.count = 0
      filled = 0
    },
    count: 0,
    words: new Uint32Array(width * FIRST_ENTRIES),
    bytes: Buffer.allocUnsafeSlow(width === 0 ? 16 * FIRST_ENTRIES : 0) as Buffer,
    ends: new Int32Array(width === 0 ? FIRST_ENTRIES : 0)
  }
  return list
}
