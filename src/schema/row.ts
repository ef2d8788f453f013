/** The shape of a row of the field table, and the words that rows are written in. */
import type { FieldName } from '../flow/names.js'
import type { Kind } from './kinds.js'

/** Which end of a flow, or of its way through the exporter, a field belongs to. */
export type End = 'src' | 'dst' | 'in' | 'out'

/** flow-agg's keys that count either end of a flow. */
export type EitherEnd = 'addr' | 'port' | 'as_number' | 'country' | 'interface' | 'mac' | 'network' | 'addr_net'

/** The filter's words for what a primitive is about, but for the fields' own names. A word stands in every row that it looks at. */
export type FilterWord =
  | 'host'
  | 'port'
  | 'as'
  | 'country'
  | 'city'
  | 'network'
  | 'role'
  | 'site'
  | 'region'
  | 'tenant'
  | 'prefix'
  | 'mac'
  | 'vlan'
  | 'if'
  | 'vrf'
  | 'boundary'
  | 'exporter'
  | 'domain'
  | 'type'
  | 'ethertype'
  | 'proto'
  | 'flags'
  | 'tos'
  | 'ttl'
  | 'icmp type'
  | 'icmp code'
  | 'next hop'
  | 'next hop as'
  | 'bgp next hop'
  | 'as path'
  | 'community'
  | 'mpls'
  | 'vni'
  | 'nat event'
  | 'nat host'
  | 'nat port'
  | 'app'
  | 'rate'
  | 'start'
  | 'end'
  | 'received'

/** An information element of IANA's registry, and the bytes that it is exported in; 0: of variable length. */
export interface InformationElement {
  readonly id: number
  readonly bytes: number
  /** it stands in options data, once for what it describes, and not in every record */
  readonly inOptions?: true
}

/** The element of a field, or those of the two address families (of the two ICMPs for ICMP's type and code). */
export type Exported = InformationElement | { readonly ipv4: InformationElement; readonly ipv6: InformationElement }

export interface Row {
  readonly kind: Kind
  /** one line for people: what the field holds */
  readonly about: string
  /** the end that it belongs to, and the field of the other end */
  readonly end?: End
  readonly other?: FieldName
  /** the key that counts either end */
  readonly either?: EitherEnd
  /** what it belongs to: a prefix length's address, the number or address that a name is one of */
  readonly of?: FieldName
  readonly words?: readonly FilterWord[]
  /** a mapping file may give its number to a field of the user's own, as goflow2's documents do; flows have that one then */
  readonly isReplaceable?: true
  /** what flow-send exports it as; left out: nothing says it */
  readonly element?: Exported
  /**
   * what it is in the second message of a biflow, unless there is a reverse element: that of the other end, the same, or absent, because it
   * is of the forward direction only
   */
  readonly biflow: 'swap' | 'keep' | 'drop'
}

/** An element, and the bytes that it is exported in. */
export const ie = (id: number, bytes: number): InformationElement => ({ id, bytes })
/** The same of one that stands in options data. */
export const optionsIE = (id: number, bytes: number): InformationElement => ({ id, bytes, inOptions: true })
/** One element for IPv4 and another for IPv6. */
export const byFamily = (ipv4: InformationElement, ipv6: InformationElement): Exported => ({ ipv4, ipv6 })

/** A row for both ends: what they share, and what differs as [source, destination] or [input, output]. */
type Ends = Omit<Row, 'about' | 'end' | 'other' | 'of' | 'element' | 'biflow'> & {
  /** behind "source " and "destination ", or "input " and "output " */
  readonly about: string
  readonly of?: readonly [FieldName, FieldName]
  readonly element?: readonly [Exported, Exported]
}

/** The rows of the two ends of a flow. */
export function sourceAndDestination<A extends FieldName, B extends FieldName>(source: A, destination: B, row: Ends): Record<A | B, Row> {
  return bothEnds(source, destination, row, ['src', 'dst'], ['source ', 'destination '])
}

/** The rows of the two interfaces that a flow passes. */
export function inAndOut<A extends FieldName, B extends FieldName>(input: A, output: B, row: Ends): Record<A | B, Row> {
  return bothEnds(input, output, row, ['in', 'out'], ['input ', 'output '])
}

type Two<T> = readonly [T, T]

function bothEnds<A extends FieldName, B extends FieldName>(
  a: A,
  b: B,
  { about, of, element, ...shared }: Ends,
  ends: Two<End>,
  words: Two<string>
): Record<A | B, Row> {
  const row = (i: 0 | 1, other: FieldName): Row => ({
    ...shared,
    about: words[i] + about,
    end: ends[i],
    other,
    ...(of === undefined ? {} : { of: of[i] }),
    ...(element === undefined ? {} : { element: element[i] }),
    biflow: 'swap'
  })
  return { [a]: row(0, b), [b]: row(1, a) } as Record<A | B, Row>
}
