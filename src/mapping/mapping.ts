/**
 * The file of `-mapping`: fields that the user adds, what fills them, and how text shows them. One file for flow-decode,
 * flow-format and flow-kafka; each checks all of it and uses its own sections. The shape is goflow2's.
 *
 *     formatter: { fields: [column], key: [column], rename: { column: name }, render: { column: renderer },
 *                  protobuf: [{ name, index, type: varint | string | bytes, array }] }
 *     ipfix:     { mapping: [{ field, penprovided, pen, destination, endianness }] }
 *     netflowv9: { mapping: [{ field, destination, endianness }] }
 *     sflow:     { ports: [{ proto, dir, port, parser }], mapping: [{ layer, encap, offset, length, destination, endianness }] }
 */
import { type ElementMapping, readElements } from './elements.js'
import { type FormatterMapping, readFormatter } from './formatter.js'
import { type FrameMapping, readFrames } from './layers.js'
import { readYaml } from './yaml.js'
import type { Schema } from '../flow/proto.js'

export type { ElementMapping, Endianness } from './elements.js'
export { columnNames, findColumn, unknownField } from './fields.js'
export type { FormatterMapping } from './formatter.js'
export type { FrameMapping, LayerMapping, LayerSelector, Level, PortParser } from './layers.js'

/** A checked mapping file; nothing in it changes. */
export interface Mapping {
  /** FlowMessage with the fields of `formatter.protobuf` behind its own; every `destination` is one of these */
  readonly schema: Schema
  readonly formatter: FormatterMapping
  /** in the order of the file; one element may have several destinations */
  readonly ipfix: readonly ElementMapping[]
  readonly netflowv9: readonly ElementMapping[]
  /** for sFlow's raw headers and for frames inside IPFIX */
  readonly sflow: FrameMapping
  /** what is harmless but worth a line in the log, as `file:line: …` */
  readonly warnings: readonly string[]
}

/**
 * Reads and checks a mapping file; without a name returns the mapping that maps nothing. Throws UserError with one line, `file:line: …`:
 * code 66 where the file cannot be read, 78 where something in it is unknown, impossible or contradictory.
 */
export async function loadMapping(file: string | undefined): Promise<Mapping> {
  const root = file === undefined ? undefined : await readYaml(file)
  const sections = root?.section(['formatter', 'ipfix', 'netflowv9', 'sflow']) ?? {}
  const warnings: string[] = []
  const warn = (line: string): void => {
    warnings.push(line)
  }
  const { schema, formatter } = readFormatter(sections.formatter)
  return Object.freeze({
    schema,
    formatter,
    ipfix: readElements(sections.ipfix, 'ipfix', schema, warn),
    netflowv9: readElements(sections.netflowv9, 'netflowv9', schema, warn),
    sflow: readFrames(sections.sflow, schema, warn),
    warnings: Object.freeze(warnings)
  })
}
