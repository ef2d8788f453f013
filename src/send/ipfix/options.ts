/**
 * Options data (RFC 7011 section 3.4.2.2), which is sent once for a domain instead of in each of its records: the exporter of its flows, and the names
 * of interfaces, VRFs and applications.
 *
 *     options template record := id(2) field count(2) scope field count(2), (element(2) length(2))*
 */
import { type FieldValues, isSet } from '../../flow/fieldvalues.js'
import type { FieldName } from '../../flow/names.js'
import { exportedAs, EXPORTED, fieldIndex } from './groups.js'
import { VARIABLE_LENGTH } from './layout.js'
import { writeUint16, writeUint32 } from '../../flow/bigendian.js'
import { writeShortest } from './record.js'

/** A template of options data. */
export interface OptionsLayout {
  readonly id: number
  readonly template: Buffer
}

/** observationDomainId, the scope of options data about a domain. */
const DOMAIN_ELEMENT = 149

function optionsLayout(
  id: number,
  scope: number,
  scopeBytes: number,
  options: readonly (readonly [element: number, bytes: number])[]
): OptionsLayout {
  const words = [id, 1 + options.length, 1, scope, scopeBytes, ...options.flat()]
  const template = Buffer.alloc(2 * words.length)
  words.forEach((word, i) => template.writeUInt16BE(word, 2 * i))
  return { id, template }
}

const idOf = (name: FieldName, isIPv6 = false): number => exportedAs(name, isIPv6).id

export interface OptionsLayouts {
  readonly samplers: { readonly ipv4: OptionsLayout; readonly ipv6: OptionsLayout }
  readonly interfaces: OptionsLayout
  readonly vrfs: OptionsLayout
  readonly applications: OptionsLayout
}
export const OPTIONS_TEMPLATES = 5

/** Their ids are the OPTIONS_TEMPLATES from `firstId` on. */
export function optionsLayoutsFrom(firstId: number): OptionsLayouts {
  return {
    samplers: {
      ipv4: optionsLayout(firstId, DOMAIN_ELEMENT, 4, [[idOf('sampler_address'), 4]]),
      ipv6: optionsLayout(firstId + 1, DOMAIN_ELEMENT, 4, [[idOf('sampler_address', true), 16]])
    },
    interfaces: optionsLayout(firstId + 2, idOf('in_if'), 4, [
      [idOf('in_if_name'), VARIABLE_LENGTH],
      [idOf('in_if_description'), VARIABLE_LENGTH]
    ]),
    vrfs: optionsLayout(firstId + 3, idOf('ingress_vrf_id'), 4, [[idOf('ingress_vrf_name'), VARIABLE_LENGTH]]),
    applications: optionsLayout(firstId + 4, idOf('application_id'), VARIABLE_LENGTH, [[idOf('application_name'), VARIABLE_LENGTH]])
  }
}

/** The longest name that is sent: its length takes one byte. */
const MOST_NAME_BYTES = 254

/** The fields of a flow that number a thing and name it. */
interface NameRow {
  readonly layout: keyof Omit<OptionsLayouts, 'samplers'>
  readonly of: number
  readonly name: number
  /** of an interface */
  readonly description: number | undefined
}

const nameRow = (layout: NameRow['layout'], of: FieldName, name: FieldName, description?: FieldName): NameRow => ({
  layout,
  of: fieldIndex(of),
  name: fieldIndex(name),
  description: description === undefined ? undefined : fieldIndex(description)
})

const NAMES: readonly NameRow[] = [
  nameRow('interfaces', 'in_if', 'in_if_name', 'in_if_description'),
  nameRow('interfaces', 'out_if', 'out_if_name', 'out_if_description'),
  nameRow('vrfs', 'ingress_vrf_id', 'ingress_vrf_name'),
  nameRow('vrfs', 'egress_vrf_id', 'egress_vrf_name'),
  nameRow('applications', 'application_id', 'application_name')
]

/** The set bits of a flow that has any name. */
const NAME_WORDS = NAMES.reduce(
  (words, { name }) => {
    words[name >> 5] |= 1 << (name & 31)
    return words
  },
  new Int32Array((EXPORTED.fields.length + 31) >> 5)
)

/** Whether a flow has any name that options data has. */
export function hasNames({ set }: FieldValues): boolean {
  for (let i = 0; i < set.length; i++) if ((set[i] & NAME_WORDS[i]) !== 0) return true
  return false
}

/** An options record of a domain. */
export interface OptionsRecord {
  readonly layout: OptionsLayout
  readonly record: Buffer
}

/** The names that were sent for a domain, by the number of the thing. */
export type SentNames = Record<NameRow['layout'], Map<number, OptionsRecord>>
/** None was sent. */
export const newSentNames = (): SentNames => ({ interfaces: new Map(), vrfs: new Map(), applications: new Map() })

const scratch = Buffer.alloc(1024)

/** The names of a flow that were not sent yet; they count as sent from now on. */
export function unsentNames(values: FieldValues, sent: SentNames, layouts: OptionsLayouts): OptionsRecord[] {
  const unsent: OptionsRecord[] = []
  for (const { layout, of, name, description } of NAMES) {
    // without a number there is nothing to be named
    if (!isSet(values, name) || !isSet(values, of)) continue
    const number = values.hi[of] * 0x1_0000_0000 + values.lo[of]
    let pos = layout === 'applications' ? writeShortest(scratch, 0, values.hi[of], values.lo[of]) : writeUint32(scratch, 0, number)
    pos = writeName(scratch, pos, values, name)
    if (layout === 'interfaces') pos = writeName(scratch, pos, values, description!)
    const known = sent[layout].get(number)
    if (known?.record.compare(scratch, 0, pos) === 0) continue
    const one = { layout: layouts[layout], record: Buffer.from(scratch.subarray(0, pos)) }
    sent[layout].set(number, one)
    unsent.push(one)
  }
  return unsent
}

/** length(1), UTF-8, cut between two characters. */
function writeName(out: Buffer, pos: number, values: FieldValues, field: number): number {
  if (!isSet(values, field)) {
    out[pos] = 0
    return pos + 1
  }
  const { buf, start, end } = values
  let stop = Math.min(end[field], start[field] + MOST_NAME_BYTES)
  if (stop < end[field]) while ((buf[stop] & 0xc0) === 0x80) stop--
  const bytes = stop - start[field]
  out[pos++] = bytes
  for (let from = start[field]; from < stop; from++) out[pos++] = buf[from]
  return pos
}

/** The exporter of a domain's flows; undefined where that is not known. */
export function samplerRecord(domain: number, sampler: Buffer, { samplers }: OptionsLayouts): OptionsRecord | undefined {
  const layout = sampler.length === 4 ? samplers.ipv4 : sampler.length === 16 ? samplers.ipv6 : undefined
  if (layout === undefined) return undefined
  const record = Buffer.alloc(4 + sampler.length)
  writeUint32(record, 0, domain)
  record.set(sampler, 4)
  return { layout, record }
}

/** A set of one template, or of options data: id(2) length(2) body. */
export function writeSet(out: Buffer, pos: number, id: number, body: Buffer): number {
  pos = writeUint16(out, writeUint16(out, pos, id), 4 + body.length)
  out.set(body, pos)
  return pos + body.length
}
