/** Cells of numbers and codes, read into the form in which they are kept. */
import type { Cell } from './csv.js'

const MAX_UINT32 = 0xffff_ffff
const MAX_UINT64 = 2n ** 64n - 1n

export const AS_NUMBER: Cell = {
  what: 'AS number: 64500 or AS64500 is one',
  read(text) {
    const number = Number(/^\s*(?:AS)?(\d{1,10})\s*$/i.exec(text)?.[1])
    return number > 0 && number <= MAX_UINT32 ? String(number) : undefined
  }
}

export const COUNTRY: Cell = {
  what: 'country: its ISO code of two letters is one, as DE',
  read: (text) => (/^\s*[a-z]{2}\s*$/i.test(text) ? text.trim().toUpperCase() : undefined)
}

const FACTORS: Readonly<Record<string, bigint>> = { '': 1n, K: 1000n, M: 1_000_000n, G: 1_000_000_000n, T: 1_000_000_000_000n }

/** Bits a second, in digits. */
export const SPEED: Cell = {
  what: 'speed: bits a second is one, as 10000000000, 10G or 2.5G',
  read(text) {
    const match = /^\s*(\d{1,20})(?:\.(\d{1,9}))?\s*([kmgt]?)\s*$/i.exec(text)
    if (match === null) return undefined
    const [, whole, fraction = '', unit] = match
    const scaled = BigInt(whole + fraction) * FACTORS[unit.toUpperCase()]
    const parts = 10n ** BigInt(fraction.length)
    const speed = scaled / parts
    // 0 is how some say that it is not known
    if (speed === 0n) return ''
    return scaled % parts === 0n && speed <= MAX_UINT64 ? String(speed) : undefined
  }
}
