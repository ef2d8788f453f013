/** What is odd in the rows of files and does no harm: said in a line each. */
import { plural } from '../../cli/plural.js'
import { numberList } from './numberlist.js'

export interface Remarks {
  /** The rows that follow are of that file. */
  readonly begin: (path: string) => void
  /** A row of the file, from that line on. */
  readonly row: (line: number) => void
  /** Bits were set behind the prefix in that line. */
  readonly hostBits: (prefix: string, line: number) => void
  /** The remarks, once all rows are known; `numberOf` is the same number, up to `count`, for rows of the same thing. */
  readonly say: (count: number, numberOf: (row: number) => number) => string[]
}

interface File {
  readonly path: string
  readonly firstRow: number
  cut: number
  firstCut: string
}

/** `what` a row is of: a network, an exporter, an interface. */
export function remarks(what: string): Remarks {
  const lines = numberList()
  const files: File[] = []

  function twice({ path, firstRow }: File, endRow: number, count: number, numberOf: (row: number) => number): string[] {
    const rows = new Uint32Array(count + 1)
    let found = 0
    let first = ''
    for (let row = firstRow; row < endRow; row++) {
      const number = numberOf(row)
      const before = rows[number]
      rows[number] = row + 1
      if (before !== 0 && found++ === 0) first = `line ${lines.numbers[row]} says again what line ${lines.numbers[before - 1]} is of`
    }
    if (found === 0) return []
    return [`${path}: ${plural(found, what)} more than once, the first: ${first}; of what both say, the later line counts`]
  }

  return {
    begin(path) {
      files.push({ path, firstRow: lines.length, cut: 0, firstCut: '' })
    },
    row: lines.push,
    hostBits(prefix, line) {
      const file = files[files.length - 1]
      if (file.cut++ === 0) file.firstCut = `${prefix} in line ${line}`
    },
    say: (count, numberOf) =>
      files.flatMap((file, i) => [
        ...(file.cut === 0
          ? []
          : [`${file.path}: bits behind the prefix are set ${plural(file.cut, 'time')}, first ${file.firstCut}; they are cut off`]),
        ...twice(file, files[i + 1]?.firstRow ?? lines.length, count, numberOf)
      ])
  }
}
