/** What tables say of prefixes: each attribute of an address is that of the longest prefix around it that has a value for it. */
import { parseNetwork } from '../../flow/address.js'
import type { Contents } from '../kept.js'
import { textColumns } from './columns.js'
import { readTable, type Shape } from './csv.js'
import { type PrefixIndex, prefixIndex, prefixList } from './prefixes.js'
import { remarks } from './remarks.js'

export const NETWORK_WANTED = 'network: 10.0.0.0/8 or 2001:db8::/32 is one'

export interface Attributes<Value extends string> {
  /** how many prefixes there are */
  readonly count: number
  /** the columns that the files have */
  readonly columns: readonly Value[]
  /** The number of the longest prefix around the address of these four words; 0 for none. */
  readonly find: PrefixIndex['find']
  /** An attribute of the addresses in that prefix; empty where none is known. */
  readonly value: (prefix: number, column: Value) => string
}

/** Reads files whose rows are of the prefix under `key`; of two rows of one prefix, the later says what both say. Throws UnusableFileError. */
export async function readAttributes<Value extends string>(
  paths: readonly string[],
  key: string,
  values: Shape<string, Value>['values']
): Promise<Contents<Attributes<Value>>> {
  const texts = textColumns<Value>()
  const prefixes = prefixList()
  const found = remarks(key)

  for (const path of paths) {
    found.begin(path)
    await readTable(path, { keys: [key], values }, texts.begin, ([text], cells, { line, refuse }) => {
      const network = parseNetwork(text)
      if (network === undefined) throw refuse(key, `'${text}' is no ${NETWORK_WANTED}`)
      if (!prefixes.add(network)) found.hostBits(text, line)
      found.row(line)
      texts.add(prefixes.count - 1, cells)
    })
  }

  const index = prefixIndex(prefixes)
  const columns = texts.names()
  const byColumn = new Map(columns.map((column) => [column, inherited(index, texts.numbers(column, prefixes.count))]))
  return {
    contents: {
      count: new Set(index.numbers).size,
      columns,
      find: index.find,
      value: (prefix, column) => texts.text(byColumn.get(column)?.[prefix] ?? 0)
    },
    remarks: found.say(index.count, (row) => index.numbers[row])
  }
}

/** The numbers of the texts of each prefix, of those of each row. */
function inherited({ count, numbers, parents }: PrefixIndex, ofRows: Uint32Array): Uint32Array {
  const texts = new Uint32Array(count + 1)
  for (let row = 0; row < numbers.length; row++) if (ofRows[row] !== 0) texts[numbers[row]] = ofRows[row]
  for (let prefix = 1; prefix <= count; prefix++) if (texts[prefix] === 0) texts[prefix] = texts[parents[prefix]]
  return texts
}
