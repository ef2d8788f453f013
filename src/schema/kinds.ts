/** The kinds of values, and how the values of a kind are shown and stored. */

/** How a value becomes text. */
export const RENDERERS = ['none', 'ip', 'mac', 'etype', 'proto', 'type', 'network', 'datetime', 'datetimenano', 'string', 'hex'] as const
export type Renderer = (typeof RENDERERS)[number]

/**
 * A column of a store of columns (Parquet, Arrow). A repeated field is a list of these. `text` has few different values, and a dictionary;
 * `time` is a timestamp in nanoseconds, UTC.
 */
export type ColumnType = 'uint32' | 'uint64' | 'float64' | 'text' | 'time' | 'binary'

interface KindRow {
  /** what people call it */
  readonly about: string
  readonly renderer: Renderer
  /** left out: as the .proto file has it */
  readonly column?: ColumnType
  /** a quantity, which may be summed, and shown with an SI factor: 1.2 M */
  readonly quantity?: true
}

export const KINDS = {
  address: { about: 'IP address', renderer: 'ip', column: 'text' },
  mac: { about: 'MAC address', renderer: 'mac', column: 'text' },
  prefix: { about: 'prefix length', renderer: 'network' },
  interface: { about: 'ifIndex', renderer: 'none' },
  port: { about: 'port', renderer: 'none' },
  as: { about: 'AS number', renderer: 'none' },
  protocol: { about: 'IP protocol', renderer: 'proto' },
  etype: { about: 'Ethernet type', renderer: 'etype' },
  tcpFlags: { about: 'TCP flags', renderer: 'none' },
  counter: { about: 'count', renderer: 'none', quantity: true },
  bitRate: { about: 'bits a second', renderer: 'none', quantity: true },
  rate: { about: 'rate', renderer: 'none', column: 'float64', quantity: true },
  ratio: { about: 'ratio', renderer: 'none', column: 'float64' },
  seconds: { about: 'seconds', renderer: 'none', column: 'float64' },
  time: { about: 'nanoseconds since 1970', renderer: 'none', column: 'time' },
  enum: { about: 'name', renderer: 'none', column: 'text' },
  community: { about: 'BGP community', renderer: 'none' },
  natEvent: { about: 'NAT event', renderer: 'none' },
  /** a number that names something, or bits: never summed */
  number: { about: 'number', renderer: 'none' },
  country: { about: 'ISO country code', renderer: 'none', column: 'text' },
  text: { about: 'text', renderer: 'none', column: 'text' }
} as const satisfies Record<string, KindRow>

export type Kind = keyof typeof KINDS

/** What follows from a kind. */
export function kindRow(kind: Kind): KindRow {
  return KINDS[kind]
}
