/**
 * The filter of a view, as it is typed. The part of the filter language that drilling into groups needs:
 *
 *     filter := clause ("and" clause)*
 *     clause := ["src" | "dst"] ("host" | "net" | "port" | "as" | "country" | "if") value
 *             | "exporter" address | "tcp" | "udp" | "icmp" | "icmp6" | field ("==" | "=") value | "not" field
 */
import { nearest } from '../cli/nearest.js'
import { isInNetwork, parseNetwork } from '../flow/address.js'
import { fieldReader, fieldValues, isSet } from '../flow/fieldvalues.js'
import type { FieldName } from '../flow/names.js'
import { type Field, flowMessage } from '../flow/proto.js'

/** Whether the message at `buf[start, end)` passes. */
export type Matcher = (buf: Buffer, start: number, end: number) => boolean

export type Compiled =
  | { readonly matches: Matcher | undefined }
  /** what is wrong, and at which character */
  | { readonly error: string; readonly at: number }

interface Word {
  readonly text: string
  readonly at: number
  readonly quoted: boolean
}

type Test = () => boolean

class FilterError extends Error {
  constructor(
    message: string,
    readonly at: number
  ) {
    super(message)
  }
}

const ENDS: Readonly<Record<string, readonly [FieldName, FieldName]>> = {
  host: ['src_addr', 'dst_addr'],
  net: ['src_addr', 'dst_addr'],
  port: ['src_port', 'dst_port'],
  as: ['src_as', 'dst_as'],
  country: ['src_country', 'dst_country'],
  if: ['in_if', 'out_if']
}
const PROTOCOLS: Readonly<Record<string, number>> = { tcp: 6, udp: 17, icmp: 1, icmp6: 58 }
const WORDS = [...Object.keys(ENDS), ...Object.keys(PROTOCOLS), 'exporter', 'src', 'dst', 'not']

/** Compiles what was typed; nothing but blanks lets every flow pass. */
export function compileFilter(text: string): Compiled {
  const words = wordsOf(text)
  if (words.length === 0) return { matches: undefined }
  const values = fieldValues(flowMessage)
  const read = fieldReader(values)
  try {
    const tests = clausesOf(words, text.length)
    return { matches: (buf, start, end) => read(buf, start, end) && tests.every((test) => test()) }
  } catch (error) {
    if (error instanceof FilterError) return { error: error.message, at: error.at }
    throw error
  }

  function clausesOf(words: readonly Word[], end: number): Test[] {
    const tests: Test[] = []
    let next = 0
    const take = (expected: string): Word => {
      if (next >= words.length) throw new FilterError(`${expected} is missing here`, end)
      return words[next++]
    }
    for (;;) {
      tests.push(clause(take))
      if (next === words.length) return tests
      const { text: word, at } = take('and')
      if (word !== 'and') throw new FilterError(`'and' is expected here, not '${word}'`, at)
    }
  }

  function clause(take: (expected: string) => Word): Test {
    const first = take('a clause')
    if (Object.hasOwn(PROTOCOLS, first.text)) return equals(flowMessage.field('proto'), { ...first, text: String(PROTOCOLS[first.text]) })
    if (first.text === 'exporter') return equals(flowMessage.field('sampler_address'), take('an address'))
    if (first.text === 'not') {
      const place = flowMessage.fields.indexOf(fieldOf(take('a field')))
      return () => !isSet(values, place)
    }
    if (first.text === 'src' || first.text === 'dst') {
      const what = take('host, net, port, as, country or if')
      if (!Object.hasOwn(ENDS, what.text))
        throw new FilterError(`no '${what.text}' of an end: ${nearest(what.text, Object.keys(ENDS))}`, what.at)
      return equals(flowMessage.field(ENDS[what.text][first.text === 'src' ? 0 : 1]), take('a value'))
    }
    if (Object.hasOwn(ENDS, first.text)) {
      const value = take('a value')
      const [src, dst] = ENDS[first.text].map((name) => equals(flowMessage.field(name), value))
      return () => src() || dst()
    }
    const field = fieldOf(first)
    const operator = take('==')
    if (operator.text !== '==' && operator.text !== '=') throw new FilterError(`'==' is expected here, not '${operator.text}'`, operator.at)
    return equals(field, take('a value'))
  }

  function fieldOf({ text: name, at }: Word): Field {
    const field = flowMessage.find(name)
    if (field === undefined)
      throw new FilterError(`unknown word '${name}': ${nearest(name, [...WORDS, ...flowMessage.fields.map((known) => known.name)])}`, at)
    return field
  }

  function equals(field: Field, value: Word): Test {
    const place = flowMessage.fields.indexOf(field)
    const { lo, hi, start, end } = values
    if (field.type === 'string') {
      const wanted = Buffer.from(value.text)
      return () => (isSet(values, place) ? values.buf.subarray(start[place], end[place]) : Buffer.alloc(0)).equals(wanted)
    }
    if (field.type === 'bytes') {
      const network = parseNetwork(value.text)
      if (network === undefined) throw new FilterError(`'${value.text}' is no address`, value.at)
      return () => isSet(values, place) && isInNetwork(values.buf.subarray(start[place], end[place]), network)
    }
    const names =
      field.name === 'proto'
        ? new Map(Object.entries(PROTOCOLS))
        : new Map([...(field.names ?? [])].map(([number, name]) => [name, number]))
    const number = names.get(value.text) ?? Number(/^\d+$/.test(value.text) ? value.text : NaN)
    if (Number.isNaN(number)) throw new FilterError(`'${value.text}' is no number`, value.at)
    return () => (isSet(values, place) ? hi[place] * 4_294_967_296 + lo[place] : 0) === number
  }
}

function wordsOf(text: string): Word[] {
  return Array.from(text.matchAll(/"([^"]*)"?|==?|[^\s=]+/g), (match) => ({
    text: match[1] ?? match[0],
    at: match.index,
    quoted: match[1] !== undefined
  }))
}
