/** Sizes in bytes as command lines have them. */
import { badValue } from './options.js'

const UNITS: Record<string, number> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40
}

/** `512Mi`, `1.5G`, `1000000` → bytes, at least `least` of them. */
export function byteSize(least = 0): (word: string) => number {
  return (word) => {
    const match = /^(\d+(?:\.\d+)?)([kMGT]i?|Ki|)B?$/.exec(word)
    const bytes = match === null ? NaN : Math.floor(Number(match[1]) * (UNITS[match[2]] ?? NaN))
    if (Number.isNaN(bytes)) throw badValue('A size is a number of bytes, with a unit or none, as 512Mi, 2Gi or 100M.')
    if (bytes < least) throw badValue(`At least ${least} bytes.`)
    return bytes
  }
}
