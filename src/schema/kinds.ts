/** The kinds of value that fields hold, and what follows from a kind: how its values are shown and stored. */

/** How a value becomes text. */
export const RENDERERS = ['none', 'ip', 'mac', 'etype', 'proto', 'type', 'network', 'datetime', 'datetimenano', 'string', 'hex'] as const
export type Renderer = (typeof RENDERERS)[number]

/** A column of a store of columns (Parquet, Arrow). A repeated field is a list of these. `text` has few different values, and a dictionary. */
export type ColumnType = 'uint32' | 'uint64' | 'float64' | 'text' | 'time'

interface KindRow {
  /** what people call it */
  readonly about: string
  readonly renderer: Renderer
  /** left out: as the .proto file has it */
  readonly column?: ColumnType
  /** columns that a table gives it: what nearly all values need */
  readonly width: number
  /** digits stand under digits */
  readonly right: boolean
  /** a quantity, which may be summed, and shown with an SI factor: 1.2 M */
  readonly quantity?: true
}

export const KINDS = {
  address: { about: 'IP address', renderer: 'ip', column: 'text', width: 15, right: false },
  mac: { about: 'MAC address', renderer: 'mac', column: 'text', width: 17, right: false },
  prefix: { about: 'prefix length', renderer: 'network', width: 18, right: false },
  interface: { about: 'ifIndex', renderer: 'none', width: 5, right: true },
  port: { about: 'port', renderer: 'none', width: 5, right: true },
  as: { about: 'AS number', renderer: 'none', width: 6, right: true },
  protocol: { about: 'IP protocol', renderer: 'proto', width: 5, right: false },
  etype: { about: 'Ethernet type', renderer: 'etype', width: 5, right: false },
  tcpFlags: { about: 'TCP flags', renderer: 'none', width: 8, right: false },
  counter: { about: 'count', renderer: 'none', width: 7, right: true, quantity: true },
  bitRate: { about: 'bits a second', renderer: 'none', width: 7, right: true, quantity: true },
  rate: { about: 'rate', renderer: 'none', column: 'float64', width: 7, right: true, quantity: true },
  ratio: { about: 'ratio', renderer: 'none', column: 'float64', width: 6, right: true },
  seconds: { about: 'seconds', renderer: 'none', column: 'float64', width: 8, right: true },
  time: { about: 'nanoseconds since 1970', renderer: 'none', column: 'time', width: 23, right: false },
  enum: { about: 'name', renderer: 'none', column: 'text', width: 10, right: false },
  /** a number that names something, or bits: never summed */
  number: { about: 'number', renderer: 'none', width: 5, right: true },
  country: { about: 'ISO country code', renderer: 'none', column: 'text', width: 2, right: false },
  text: { about: 'text', renderer: 'none', column: 'text', width: 16, right: false }
} as const satisfies Record<string, KindRow>

export type Kind = keyof typeof KINDS

/** What follows from a kind. */
export function kindRow(kind: Kind): KindRow {
  return KINDS[kind]
}
