/** A group as a filter that lets its flows pass. */
import type { KeyPart } from '../query/keys.js'

const EITHER: Readonly<Record<string, string>> = {
  addr: 'host',
  port: 'port',
  as_number: 'as',
  country: 'country',
  interface: 'if',
  src_addr: 'src host',
  dst_addr: 'dst host',
  sampler_address: 'exporter'
}

/** The filter of the group whose key has these texts, behind the one that is there. */
export function drilled(filter: string, parts: readonly KeyPart[], texts: readonly string[]): string {
  const clauses = parts.map(({ field, cut }, i) => clauseOf(field.name, texts[i], cut !== undefined, field.type === 'string'))
  const before = filter.trim() === '' ? [] : [/\bor\b|\|\|/i.test(filter) ? `(${filter.trim()})` : filter.trim()]
  return [...before, ...clauses].join(' and ')
}

function clauseOf(name: string, text: string, isCut: boolean, isString: boolean): string {
  if (text === '') return `not ${name}`
  const value = isString ? JSON.stringify(text) : text
  if (name === 'proto') return `proto == ${PROTOCOL_WORDS[text] ?? text}`
  if (!Object.hasOwn(EITHER, name)) return `${name} == ${value}`
  return `${isCut ? EITHER[name].replace('host', 'net') : EITHER[name]} ${value}`
}
const PROTOCOL_WORDS: Readonly<Record<string, string>> = { TCP: 'tcp', UDP: 'udp', ICMP: 'icmp', 'IPv6-ICMP': 'icmp6' }
