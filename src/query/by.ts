/**
 * The keys that people ask for:
 *
 *     by   := item ("," item)*
 *     item := field ["/" IPv4 prefix length [":" IPv6 prefix length]]
 */
import { EXIT, UserError } from '../cli/exit.js'
import { type Field, flowMessage } from '../flow/proto.js'
import type { EitherEnd } from '../schema/row.js'
import { SUMS } from '../schema/aggregates.js'
import { endsOf, isEitherEnd, lengthOf, nearestField, rowOf } from '../schema/fields.js'
import { countsEitherEnd, type Cut, type KeyPart } from './keys.js'

const EXPORTER = 'sampler_address'

/** An ifIndex means nothing without its exporter. */
const isOfExporter = ({ name }: Field): boolean => rowOf(name)?.kind === 'interface'
const isSum = (name: string): boolean => (SUMS as readonly string[]).includes(name)

/** The parts of the key that the words of `option` ask for. Throws UserError with code 64. */
export function keyParts(words: readonly string[], option: string): KeyPart[] {
  const parts: KeyPart[] = []
  for (const word of words) {
    const part = keyPart(word, option)
    const lacksExporter = ![...parts.map(({ field }) => field.name), ...words.map(nameOf)].includes(EXPORTER)
    if (isOfExporter(part.field) && lacksExporter) parts.push(keyPart(EXPORTER, option))
    parts.push(part)
  }
  refuseTwice(parts, option)
  return parts
}

const nameOf = (word: string): string => word.split('/')[0].trim()

/** The one field that `word` names, cut or not; either end is none. */
export function singlePart(word: string, option: string): KeyPart {
  const part = keyPart(word, option)
  if (!countsEitherEnd(part)) return part
  throw usage(option, `'${word}' stands for two fields: ${part.ends.map(({ name }) => name).join(' or ')}`)
}

function keyPart(word: string, option: string): KeyPart {
  const match = /^([^/]+?)\s*(?:\/\s*(\d+)(?::(\d+))?)?$/.exec(word)
  if (match === null) throw usage(option, `'${word}' is no key: a field, or an address cut as src_addr/24 or src_addr/24:56`)
  const [, name, ipv4, ipv6] = match as unknown as [string, string, string | undefined, string | undefined]
  const field = flowMessage.find(name)
  if (field === undefined || isSum(name)) {
    const names = flowMessage.fields.map((known) => known.name).filter((known) => !isSum(known))
    const why = field === undefined ? `unknown field '${name}'` : `'${name}' is counted, and no key`
    throw usage(option, `${why}: ${nearestField(name, names)}`)
  }
  const ends: [Field, Field] = isEitherEnd(name) ? fieldsOfEnds(name) : [field, field]
  return ipv4 === undefined ? { field, ends } : { field, ends, cut: cutOf(word, field, Number(ipv4), ipv6, option) }
}

function fieldsOfEnds(key: EitherEnd): [Field, Field] {
  const [source, destination] = endsOf(key)
  return [flowMessage.field(source), flowMessage.field(destination)]
}

function cutOf(word: string, field: Field, ipv4: number, ipv6: string | undefined, option: string): Cut {
  if (field.type !== 'bytes' || field.repeated) throw usage(option, `'${word}': only an address can be cut, and ${field.name} is none`)
  if (ipv4 > 32) throw usage(option, `'${word}': an IPv4 prefix has at most 32 bits, and IPv6's stands behind a colon, as /24:56`)
  if (ipv6 !== undefined && Number(ipv6) > 128) throw usage(option, `'${word}': an IPv6 prefix has at most 128 bits`)
  const length = lengthOf(field.name)
  return {
    ipv4,
    ipv6: ipv6 === undefined ? undefined : Number(ipv6),
    ...(length === undefined ? {} : { length: flowMessage.field(length) })
  }
}

function refuseTwice(parts: readonly KeyPart[], option: string): void {
  const written = parts.flatMap(({ field, cut }) => (cut?.length === undefined ? [field.name] : [field.name, cut.length.name]))
  const twice = written.find((name, i) => written.indexOf(name) !== i)
  if (twice === undefined) return
  const cut = parts.find((part) => part.cut?.length?.name === twice)
  throw usage(option, cut === undefined ? `'${twice}' stands there twice` : `'${twice}' is the length of ${cut.field.name} already`)
}

function usage(option: string, message: string): UserError {
  return new UserError(EXIT.usage, `-${option}: ${message}`)
}
