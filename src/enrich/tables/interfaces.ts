/** `-interfaces`: what a user's own tables say of the interfaces of exporters. */
import { parseNetwork } from '../../flow/address.js'
import type { Log } from '../../cli/log.js'
import { plural } from '../../cli/plural.js'
import { type Contents, keep, type Kept } from '../kept.js'
import { NETWORK_WANTED } from './attributes.js'
import { SPEED } from './cells.js'
import { textColumns } from './columns.js'
import { readTable, type Shape, TEXT } from './csv.js'
import { numberList } from './numberlist.js'
import { type PrefixIndex, prefixIndex, prefixList } from './prefixes.js'
import { remarks } from './remarks.js'

export const INTERFACE_COLUMNS = ['name', 'description', 'speed', 'boundary'] as const
export type InterfaceColumn = (typeof INTERFACE_COLUMNS)[number]

const SHAPE: Shape<'exporter' | 'ifindex', InterfaceColumn> = {
  keys: ['exporter', 'ifindex'],
  values: { name: TEXT, description: TEXT, speed: SPEED, boundary: TEXT }
}

export interface InterfaceTable {
  /** interfaces of exporters, or of prefixes of them */
  readonly count: number
  /** The number of the longest prefix around the exporter's address; 0 for none. */
  readonly find: PrefixIndex['find']
  /** What is known of an interface of the exporters in that prefix: of the longest prefix that says it. Empty where none does. */
  readonly value: (prefix: number, ifIndex: number, column: InterfaceColumn) => string
}

const MAX_IFINDEX = 0xffff_ffff

/** Opens the tables given as `-interfaces PATHS`. Throws UserError. */
export async function openInterfaceTable(paths: readonly string[], log: Log): Promise<Kept<InterfaceTable>> {
  return keep(
    '-interfaces',
    paths,
    () => readInterfaces(paths),
    ({ count }) => plural(count, 'interface'),
    log
  )
}

/** Of two rows of one interface, the later says what both say. Throws UnusableFileError. */
export async function readInterfaces(paths: readonly string[]): Promise<Contents<InterfaceTable>> {
  const texts = textColumns<InterfaceColumn>()
  const prefixes = prefixList()
  const ifIndexes = numberList()
  const found = remarks('interface')

  for (const path of paths) {
    found.begin(path)
    await readTable(path, SHAPE, texts.begin, ([exporter, ifIndex], cells, { line, refuse }) => {
      const network = parseNetwork(exporter)
      if (network === undefined) throw refuse('exporter', `'${exporter}' is no ${NETWORK_WANTED}`)
      const number = /^\d{1,10}$/.test(ifIndex) ? Number(ifIndex) : 0
      if (number === 0 || number > MAX_IFINDEX) throw refuse('ifindex', `'${ifIndex}' is no ifIndex: 1 to 4294967295 is one`)
      if (!prefixes.add(network)) found.hostBits(exporter, line)
      found.row(line)
      ifIndexes.push(number)
      texts.add(prefixes.count - 1, cells)
    })
  }

  const { numbers, parents, find } = prefixIndex(prefixes)
  /** by prefix and ifIndex */
  const places = new Map<number, number>()
  const keyOf = (prefix: number, ifIndex: number): number => prefix * 2 ** 32 + ifIndex
  const placeOfRow = new Uint32Array(numbers.length)
  for (let row = 0; row < numbers.length; row++) {
    const key = keyOf(numbers[row], ifIndexes.numbers[row])
    let place = places.get(key)
    if (place === undefined) places.set(key, (place = places.size + 1))
    placeOfRow[row] = place
  }
  const byColumn = new Map<InterfaceColumn, Uint32Array>()
  for (const column of texts.names()) {
    const ofRows = texts.numbers(column, numbers.length)
    const values = new Uint32Array(places.size + 1)
    for (let row = 0; row < numbers.length; row++) if (ofRows[row] !== 0) values[placeOfRow[row]] = ofRows[row]
    byColumn.set(column, values)
  }
  return {
    contents: {
      count: places.size,
      find,
      value(prefix, ifIndex, column) {
        for (let around = prefix; around !== 0; around = parents[around]) {
          const number = byColumn.get(column)?.[places.get(keyOf(around, ifIndex)) ?? 0] ?? 0
          if (number !== 0) return texts.text(number)
        }
        return ''
      }
    },
    remarks: found.say(places.size, (row) => placeOfRow[row])
  }
}
