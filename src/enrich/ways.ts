/** What exporters and the interfaces that a flow passed get: what tables say of them. */
import { MAPPED_WORD } from '../flow/address.js'
import { copier } from '../flow/copy.js'
import { readUint32 } from '../flow/bigendian.js'
import { writeBytesField, writeUint64Field } from '../flow/message.js'
import { fieldTag } from '../flow/proto.js'
import type { AnswerStore } from './answers.js'
import type { Enrichment } from './enrichment.js'
import { bitOf, codeOf, type EnrichField } from './fields.js'
import type { Kept } from './kept.js'
import { LEARNED, memo } from './memo.js'
import { numberIn } from './scan.js'
import { EXPORTER_COLUMNS, type ExporterTable } from './tables/exporters.js'
import { INTERFACE_COLUMNS, type InterfaceTable } from './tables/interfaces.js'

export interface Ways extends Enrichment {
  readonly forget: () => void
  /** flows by whether something was known of the exporter; interfaces likewise */
  readonly counts: { readonly exporters: Hits; readonly interfaces: Hits }
}

interface Hits {
  hits: number
  misses: number
}

/** 8,192 exporters, and 131,072 interfaces, input and output apart */
const EXPORTER_BITS = 12
const INTERFACE_BITS = 16

const START = LEARNED
const LENGTH = LEARNED + 1
const FIELDS = LEARNED + 2
/** the exporter's prefix among those of interfaces */
const PREFIX = LEARNED + 3

const SAMPLER = codeOf('sampler_address')
const IN_IF = codeOf('in_if')
const OUT_IF = codeOf('out_if')
const WAYS = ['in_if', 'out_if'] as const

/** Sets what the tables know of exporters and interfaces; encoded fields are kept in `store`. */
export function enrichWays(
  exporters: Kept<ExporterTable> | undefined,
  interfaces: Kept<InterfaceTable> | undefined,
  store: AnswerStore
): Ways {
  const counts = { exporters: { hits: 0, misses: 0 }, interfaces: { hits: 0, misses: 0 } }
  const copy = copier()
  /** bounds of what is appended of the exporter, the input and the output, in the store */
  const starts = new Int32Array(3)
  const ends = new Int32Array(3)

  /** Encodes these texts as fields, those that are empty left out: where they stand, how many bytes they are and which fields. */
  function encode(fields: readonly (readonly [EnrichField, string])[], learned: Int32Array): void {
    const known = fields.filter(([, text]) => text !== '')
    learned[0] = store.add((bytes, pos) => known.reduce((at, [field, text]) => writeField(bytes, at, field, text), pos))
    learned[1] = store.end() - learned[0]
    learned[2] = known.reduce((set, [field]) => set | bitOf(field), 0)
  }

  const knownExporters = memo(EXPORTER_BITS, (a, b, c, d, learned) => {
    const table = exporters?.contents
    const prefix = table?.find(a, b, c, d) ?? 0
    encode(
      EXPORTER_COLUMNS.map((column) => [`exporter_${column}`, table?.value(prefix, column) ?? '']),
      learned
    )
    learned[3] = interfaces?.contents.find(a, b, c, d) ?? 0
  })

  const knownInterfaces = memo(INTERFACE_BITS, (prefix, ifIndex, way, _, learned) => {
    encode(
      INTERFACE_COLUMNS.map((column) => [`${WAYS[way]}_${column}`, interfaces?.contents.value(prefix, ifIndex >>> 0, column) ?? '']),
      learned
    )
    learned[3] = 0
  })

  function choose(table: Int32Array, slot: number, piece: number, hits: Hits): number {
    const fields = table[slot + FIELDS]
    if (fields === 0) hits.misses++
    else {
      hits.hits++
      starts[piece] = table[slot + START]
      ends[piece] = starts[piece] + table[slot + LENGTH]
    }
    return fields
  }

  return {
    counts,
    fields: [
      'sampler_address',
      ...(exporters === undefined ? [] : EXPORTER_COLUMNS.map((column) => `exporter_${column}` as const)),
      ...(interfaces === undefined
        ? []
        : WAYS.flatMap((way) => [way, ...INTERFACE_COLUMNS.map((column) => `${way}_${column}` as const)] as const))
    ],
    decide(buf, marks, change) {
      starts.fill(0)
      ends.fill(0)
      const { list, last } = marks
      const sampler = last[SAMPLER]
      if (sampler < 0) return
      const start = list[sampler + 2]
      const end = list[sampler + 3]
      const isLong = end - start === 16
      if (!isLong && end - start !== 4) return
      const slot = isLong
        ? knownExporters.slotOf(
            readUint32(buf, start) | 0,
            readUint32(buf, start + 4) | 0,
            readUint32(buf, start + 8) | 0,
            readUint32(buf, start + 12) | 0
          )
        : knownExporters.slotOf(0, 0, MAPPED_WORD, readUint32(buf, start) | 0)
      if (exporters !== undefined) change.rest |= choose(knownExporters.table, slot, 0, counts.exporters)
      if (interfaces !== undefined) {
        const prefix = knownExporters.table[slot + PREFIX]
        for (let way = 0; way < WAYS.length; way++) {
          const ifIndex = numberIn(buf, marks, way === 0 ? IN_IF : OUT_IF) | 0
          if (ifIndex !== 0)
            change.rest |= choose(knownInterfaces.table, knownInterfaces.slotOf(prefix, ifIndex, way, 0), 1 + way, counts.interfaces)
        }
      }
      change.length += ends[0] - starts[0] + ends[1] - starts[1] + ends[2] - starts[2]
    },
    write(out, pos) {
      const bytes = store.bytes()
      for (let piece = 0; piece < starts.length; piece++) pos = copy(out, pos, bytes, starts[piece], ends[piece])
      return pos
    },
    forget() {
      knownExporters.forget()
      knownInterfaces.forget()
    }
  }
}

const UINT64_FIELDS: ReadonlySet<EnrichField> = new Set(['in_if_speed', 'out_if_speed'])

function writeField(bytes: Buffer, pos: number, field: EnrichField, text: string): number {
  if (!UINT64_FIELDS.has(field)) return writeBytesField(bytes, pos, fieldTag(field), Buffer.from(text))
  const number = BigInt(text)
  return writeUint64Field(bytes, pos, fieldTag(field), Number(number >> 32n), Number(number & 0xffff_ffffn))
}
