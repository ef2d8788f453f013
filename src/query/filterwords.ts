/** The words of the filter language, most of them from the field table, and what each is about. */
import { IP_PROTOCOL } from '../flow/ipprotocols.js'
import type { FieldName } from '../flow/names.js'
import { type Field, flowMessage } from '../flow/proto.js'
import { FIELDS, isEitherEnd, rowOf } from '../schema/fields.js'
import type { Kind as RowKind } from '../schema/kinds.js'
import type { FilterWord } from '../schema/row.js'
import type { VirtualColumn } from '../schema/virtual.js'

/** What a value has to be. */
export type Kind =
  | 'address'
  | 'number'
  | 'counter'
  | 'port'
  | 'as'
  | 'proto'
  | 'etype'
  | 'dscp'
  | 'flags'
  | 'mac'
  | 'community'
  | 'natevent'
  | 'time'
  | 'enum'
  | 'text'
  | 'country'

/** Fields that one kind of value is compared with. A name that the schema does not have is left out. */
export interface Target {
  readonly kind: Kind
  /** of a source and a destination, or of the way in and the way out */
  readonly ends?: readonly [string, string]
  readonly one?: string
  /** flow-agg's key for either end */
  readonly either?: string
  /** one more, where there is no direction */
  readonly also?: string
  /** the value stands so many bits from the lowest */
  readonly shift?: number
}

export interface Word {
  /** what the directions of the word are: src and dst, or in and out */
  readonly axis?: 'src' | 'in'
  /** a value goes to the first of these whose kind accepts it */
  readonly targets: readonly Target[]
  /** the IP protocol that it is about */
  readonly implies?: number
  /** may stand without a value: set and not zero */
  readonly alone?: true
}

/** How values of a kind of field are written; any other kind is numbers. */
const WRITTEN: Readonly<Partial<Record<RowKind, Kind>>> = {
  address: 'address',
  mac: 'mac',
  port: 'port',
  as: 'as',
  protocol: 'proto',
  etype: 'etype',
  tcpFlags: 'flags',
  counter: 'counter',
  bitRate: 'counter',
  time: 'time',
  enum: 'enum',
  community: 'community',
  natEvent: 'natevent',
  country: 'country',
  text: 'text'
}

function kindOf(name: FieldName): Kind {
  return WRITTEN[FIELDS[name].kind] ?? numberKind(flowMessage.field(name))
}

function numberKind({ type }: Field): Kind {
  return type === 'uint64' ? 'counter' : 'number'
}

/** The words that stand in the field table: a word's targets are the rows that have it, in their order, two ends as one. */
function wordsOfFields(): Map<FilterWord, Word> {
  const words = new Map<FilterWord, { axis?: 'src' | 'in'; targets: Target[] }>()
  for (const name of Object.keys(FIELDS) as FieldName[]) {
    const { words: own = [], end, other, either } = FIELDS[name]
    // the second of two ends stands with the first, and a key for either end with the fields that it counts
    if (end === 'dst' || end === 'out' || isEitherEnd(name)) continue
    for (const text of own) {
      const word = words.get(text) ?? { targets: [] }
      words.set(text, word)
      const last = word.targets.at(-1)
      if (end !== undefined && other !== undefined) {
        word.axis = end === 'src' ? 'src' : 'in'
        word.targets.push({ kind: kindOf(name), ends: [name, other], ...(either === undefined ? {} : { either }) })
      } else if (last?.ends !== undefined) word.targets.splice(-1, 1, { ...last, also: name })
      else word.targets.push({ kind: kindOf(name), one: name })
    }
  }
  return words
}

const OF_FIELDS = wordsOfFields()

function ofFields(word: FilterWord): Word {
  const found = OF_FIELDS.get(word)
  if (found === undefined) throw new Error(`no field has the word ${word}`)
  return found
}

/** What `nat` makes of host, net, addr and port. */
export const NAT_HOST = ofFields('nat host')
export const NAT_PORT = ofFields('nat port')

/** Words of fields that may stand without a value. */
const ALONE: readonly FilterWord[] = ['vlan', 'mpls', 'vni', 'rate']

export const WORDS: Readonly<Record<string, Word>> = {
  ...Object.fromEntries(OF_FIELDS),
  ...Object.fromEntries(ALONE.map((word) => [word, { ...ofFields(word), alone: true }])),
  net: ofFields('host'),
  addr: ofFields('host'),
  portrange: ofFields('port'),
  dscp: { targets: [{ kind: 'dscp', one: 'ip_tos', shift: 2 }] },
  'icmp type': { ...ofFields('icmp type'), implies: IP_PROTOCOL.icmp },
  'icmp code': { ...ofFields('icmp code'), implies: IP_PROTOCOL.icmp },
  'icmp6 type': { ...ofFields('icmp type'), implies: IP_PROTOCOL.icmp6 },
  'icmp6 code': { ...ofFields('icmp code'), implies: IP_PROTOCOL.icmp6 }
}

/** Values that are worked out of several fields (text/virtual.ts). */
export const RATIOS: Readonly<Record<string, { readonly column: VirtualColumn; readonly fields: readonly FieldName[] }>> = {
  duration: { column: 'duration', fields: ['time_flow_start_ns', 'time_flow_end_ns'] },
  bps: { column: 'bps', fields: ['time_flow_start_ns', 'time_flow_end_ns', 'bytes'] },
  pps: { column: 'pps', fields: ['time_flow_start_ns', 'time_flow_end_ns', 'packets'] },
  bpp: { column: 'bpp', fields: ['bytes', 'packets'] }
}

/** Words that are true or false by themselves. */
const TRAITS = ['fragment', 'dropped'] as const

/** Words of protocols, and the number that they are of `proto` or `etype`. */
export const PROTOCOLS: Readonly<Record<string, readonly ['proto' | 'etype', number]>> = {
  ...Object.fromEntries(Object.entries(IP_PROTOCOL).map(([word, number]) => [word, ['proto', number] as const])),
  arp: ['etype', 0x0806],
  ip4: ['etype', 0x0800],
  ipv4: ['etype', 0x0800],
  ip6: ['etype', 0x86dd],
  ipv6: ['etype', 0x86dd]
}

/** Words that begin a primitive: all of them, for what is offered in place of an unknown one. */
export const ALL_WORDS: readonly string[] = [...Object.keys(WORDS), ...Object.keys(RATIOS), ...TRAITS, ...Object.keys(PROTOCOLS)]

/** Whether the filter language has that word, protocols aside. */
export function isWord(word: string): boolean {
  return Object.hasOwn(WORDS, word) || Object.hasOwn(RATIOS, word) || (TRAITS as readonly string[]).includes(word)
}

/** A field by its own name: what its values are written like. TCP flags are a number there. */
export function wordOfField(field: Field): Word {
  const { name, type } = field
  const row = rowOf(name)
  const written = row === undefined ? (type === 'string' ? 'text' : type === 'bytes' ? 'address' : undefined) : WRITTEN[row.kind]
  return { targets: [{ kind: written === undefined || written === 'flags' ? numberKind(field) : written, one: name }], alone: true }
}
