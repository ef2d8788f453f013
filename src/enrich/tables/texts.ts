/** Many texts as bytes, a fraction of what so many strings take. */
import { numberList } from './numberlist.js'

export interface Texts {
  /** The text of that number; 0 is the empty one. */
  readonly text: (number: number) => string
  /** The number of each text of a column; of a column of few different texts, each has one. */
  readonly column: () => (text: string) => number
}

/** A column of more different texts has a new one in nearly every row: to look for those that were there would be for nothing. */
const FEW_TEXTS = 8192

/** With the empty text alone. */
export function textList(): Texts {
  let bytes = Buffer.allocUnsafeSlow(64 * 1024)
  /** where each text ends and the next begins */
  const ends = numberList()
  ends.push(0)

  function append(text: string): number {
    const number = ends.length
    const start = ends.numbers[number - 1]
    // a unit of a string takes three bytes at the most
    if (bytes.length - start < 3 * text.length) {
      const larger = Buffer.allocUnsafeSlow(2 * bytes.length + 3 * text.length)
      bytes.copy(larger, 0, 0, start)
      bytes = larger
    }
    ends.push(start + bytes.write(text, start))
    return number
  }

  return {
    text: (number) => (number === 0 ? '' : bytes.toString('utf8', ends.numbers[number - 1], ends.numbers[number])),
    column() {
      let known: Map<string, number> | undefined = new Map()
      return (text) => {
        if (text === '') return 0
        let number = known?.get(text)
        if (number === undefined) {
          number = append(text)
          if (known !== undefined) known = known.size < FEW_TEXTS ? known.set(text, number) : undefined
        }
        return number
      }
    }
  }
}
