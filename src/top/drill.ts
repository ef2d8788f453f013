/** A group as a filter that lets its flows pass. */
import { quoted } from '../query/filterast.js'
import { countsEitherEnd, type KeyPart } from '../query/keys.js'
import { isEitherEnd, rowOf } from '../schema/fields.js'

/** The addresses that the filter has shorter words for than their fields' names. */
const WORDS: Readonly<Record<string, string>> = { src_addr: 'src host', dst_addr: 'dst host', sampler_address: 'exporter' }

/** The filter of the group whose key has these texts, behind the one that is there. */
export function drilled(filter: string, parts: readonly KeyPart[], texts: readonly string[]): string {
  const clauses = parts.map((part, i) => clauseOf(part, texts[i]))
  const before = filter.trim() === '' ? [] : [asPart(filter.trim())]
  return [...before, ...clauses].join(' and ')
}

/** A filter as it may stand before `and`; a comment ends with its line. */
function asPart(filter: string): string {
  if (filter.includes('#')) return `(${filter}\n)`
  return /\bor\b|\|\|/i.test(filter) ? `(${filter})` : filter
}

function clauseOf(part: KeyPart, text: string): string {
  const { field, cut } = part
  const { name, type } = field
  if (type === 'bytes' && text === '') return absent(part)
  const value = type === 'string' ? quoted(text) : text.replaceAll(' ', '_')
  const word = isEitherEnd(name) ? rowOf(name)?.words?.[0] : WORDS[name]
  if (word === undefined) return `${name} == ${value}`
  return `${cut === undefined ? word : word.replace('host', 'net')} ${value}`
}

/** Addresses that are not there have no value to compare with. */
function absent(part: KeyPart): string {
  const { field, ends } = part
  if (!countsEitherEnd(part)) return `not ${field.name}`
  return `not .${field.name} and (${ends.map(({ name }) => `not ${name}`).join(' or ')})`
}
