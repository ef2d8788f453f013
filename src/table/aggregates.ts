/** What a table shows of flow-agg's messages: the keys they are grouped by, then their sums. */
import { type FieldValues, isSet } from '../flow/fieldvalues.js'
import { fieldCursor, nextField } from '../flow/message.js'
import { SUMS } from '../schema/aggregates.js'
import { rowOf } from '../schema/fields.js'
import { chunksOf, writeChunks } from '../text/chunks.js'
import { writeDecimal64 } from '../text/digits.js'
import type { TableColumn } from './columns.js'

const BEFORE_COUNT = chunksOf('(')
const ONE_OTHER = chunksOf(' other)')
const OTHERS = chunksOf(' others)')

export interface AggregateKeys {
  /** Whether the message that was read last is an aggregate. */
  readonly isAggregate: () => boolean
  /** Whether all of its keys have been learned. */
  readonly areKnown: () => boolean
  /** Learns the keys of that message, in the order in which they stand in it. */
  readonly learn: (message: Buffer) => void
  /** The columns of a table of such messages. */
  readonly columns: () => string[]
  /** The same columns; of a rest, which has no keys, the first shows how many groups it is. */
  readonly withOthers: (columns: readonly TableColumn[]) => TableColumn[]
}

/** The keys of the aggregates that are read into `values`. A key that is 0 or empty in one message is learned from another. */
export function aggregateKeys(values: FieldValues): AggregateKeys {
  const { schema, set, hi, lo } = values
  const flows = schema.indexOf('flows')
  const groups = schema.indexOf('groups')
  const distinct = schema.indexOf('distinct')
  const total = schema.indexOf('total')
  const has = (index: number): boolean => index >= 0 && isSet(values, index)
  const cursor = fieldCursor()
  /** bit set as in `values.set`: the fields that may be there */
  const known = new Int32Array(set.length)
  const names: string[] = []
  let hasDistinct = false
  let hasTotal = false
  let hasGroups = false

  function mark(index: number): void {
    if (index >= 0) known[index >> 5] |= 1 << (index & 31)
  }

  for (const name of SUMS) mark(schema.indexOf(name))

  function learn(message: Buffer): void {
    hasDistinct ||= has(distinct)
    hasTotal ||= has(total)
    hasGroups ||= has(groups)
    cursor.pos = 0
    while (nextField(message, message.length, cursor)) {
      const field = schema.byNumber(cursor.field)
      if (field === undefined || names.includes(field.name) || (SUMS as readonly string[]).includes(field.name)) continue
      mark(schema.indexOf(field.name))
      names.push(field.name)
    }
  }

  function keys(): string[] {
    // a prefix length is shown with its address
    return names.filter((name) => rowOf(name)?.kind !== 'prefix' || !names.includes(rowOf(name)?.of ?? ''))
  }

  return {
    isAggregate: () => has(flows),
    areKnown() {
      for (let word = 0; word < set.length; word++) if ((set[word] & ~known[word]) !== 0) return false
      return true
    },
    learn,
    columns() {
      const shown = keys()
      return [
        'start',
        ...(shown.length === 0 && hasGroups ? ['groups'] : shown),
        ...(hasDistinct ? ['distinct'] : []),
        'flows',
        'packets',
        'bytes',
        'bps',
        'pps',
        ...(hasTotal ? ['share'] : [])
      ]
    },
    withOthers(columns) {
      const shown = keys()
      return columns.map((column) => {
        if (!shown.includes(column.name)) return column
        const isFirst = column.name === shown[0]
        return {
          ...column,
          write(out, pos) {
            if (!has(groups)) return column.write(out, pos)
            if (!isFirst) return pos
            pos = writeDecimal64(out, writeChunks(out, pos, BEFORE_COUNT), hi[groups], lo[groups])
            return writeChunks(out, pos, hi[groups] === 0 && lo[groups] === 1 ? ONE_OTHER : OTHERS)
          }
        }
      })
    }
  }
}
