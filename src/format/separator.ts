/** What ends a line, written on the command line with the escapes of a Go string: `\n`, `\r\n`, `\0`, `\x1e`, `\u2028`. */
import { badValue } from '../cli/options.js'

const LETTERS: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"'
}
const ESCAPE = /\\(?:([abfnrtv\\'"])|([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|.?)/gs

/** An option's `parse`. A character past U+007F takes its bytes in UTF-8. */
export function separator(word: string): string {
  return word.replace(ESCAPE, (escape, letter?: string, octal?: string, ...hex: unknown[]) => {
    if (letter !== undefined) return LETTERS[letter]
    const digits = hex.slice(0, 3).find((group) => group !== undefined) as string | undefined
    const character = octal !== undefined ? parseInt(octal, 8) : digits !== undefined ? parseInt(digits, 16) : NaN
    if (Number.isNaN(character) || character > 0x10ffff)
      throw badValue(`Escapes are those of Go: \\n, \\r, \\t, \\0, \\x1e, \\\\; not ${escape}.`)
    return String.fromCodePoint(character)
  })
}
