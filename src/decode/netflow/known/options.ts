/**
 * Options data (RFC 7011 section 3.4.2.2, RFC 3954 section 6.1). Sampling rates and names are kept for the records that refer to them; all else is
 * ignored.
 */
import { writeTag } from '../../../flow/message.js'
import type { FieldName } from '../../../flow/names.js'
import { fieldTag } from '../../../flow/proto.js'
import { writeVarint32 } from '../../../flow/varint.js'
import { domainOf, keptDomain, WHOLE_EXPORTER } from './domain.js'
import { learn, tableOf } from './entries.js'
import type { Domain, Name, Names } from './state.js'
import { exporterIn, type OptionsRecord, rateIn, rateScopeIn } from './optionsrecord.js'
import { isSame, type Rate, type RateScope } from './sampling.js'

/** The longest name that is kept, in bytes. */
const MAX_NAME_BYTES = 255

/** Learns from an options record of that domain. Returns whether that changed anything. */
export function learnOptions(options: OptionsRecord, sender: Domain): boolean {
  const { port, version } = sender
  const isOwn = Number.isNaN(options.scopeDomain) || options.scopeDomain === sender.id
  const domain = isOwn ? sender : keptDomain(domainOf(port, version, options.scopeDomain))
  const isOfAll = options.isWhole && Number.isNaN(options.scopeDomain)
  const changes = [
    learnRate(options, domain),
    isOfAll && learnRate(options, keptDomain(domainOf(port, version, WHOLE_EXPORTER))),
    options.interfaceName === ''
      ? learnName(options.anInterface, options.interfaceDescription, domain, 'interfaces')
      : learnName(options.anInterface, options.interfaceName, domain, 'interfaces', options.interfaceDescription),
    learnName(options.vrf, options.vrfName, domain, 'vrfs'),
    learnName(options.application, options.applicationName, domain, 'applications'),
    learnExporter(options, domain),
    options.systemInit > 0 && options.systemInit !== domain.systemInitMs
  ]
  if (options.systemInit > 0) domain.systemInitMs = options.systemInit
  return changes.includes(true)
}

/**
 * Keeps the exporter that observed the domain's flows, where the record has no narrower scope. As a scope alone it is one of many that a mediator may
 * list; beside a domain it is that domain's. Returns whether that changed anything.
 */
function learnExporter(options: OptionsRecord, domain: Domain): boolean {
  const exporter = exporterIn(options)
  if (exporter === undefined || (options.exporterInScope && Number.isNaN(options.scopeDomain))) return false
  if (options.isNarrower || rateScopeIn(options) !== undefined || domain.originalExporter === exporter) return false
  domain.originalExporter = exporter
  return true
}

/** Keeps the rate for the narrowest scope of the record: it says nothing of a wider one. Returns whether that changed anything. */
function learnRate(options: OptionsRecord, { rates, port: { exporter } }: Domain): boolean {
  const rate = rateIn(options)
  if (rate === undefined) return false
  const narrowest = rateScopeIn(options)
  if (narrowest === undefined && options.isNarrower) return false
  rates.at = exporter.arrivals
  const known = narrowest === undefined ? rates.all : rates[narrowest[0]].get(narrowest[1])
  if (known !== undefined && isSame(known, rate)) return false
  if (narrowest === undefined) rates.all = rate
  else learn<RateScope, Rate>(exporter, rates, narrowest[0], narrowest[1], rate)
  return true
}

/** Keeps the name of a thing, and the description of an interface beside it; returns whether that changed anything. */
export function learnName(of: number, name: string, domain: Domain, kind: keyof Names, description = ''): boolean {
  if (Number.isNaN(of) || name === '') return false
  const { port } = domain
  port.namesAt[kind] = port.exporter.arrivals
  const text = cutText(name)
  const about = cutText(description)
  const known = domain.names[kind].get(of)
  if (known?.text === text && known.description === about) return false
  const fields = FIELDS_OF[kind]
  const learned: Name = { text, description: about, in: stringField(fields.in, text), out: stringField(fields.out, text) }
  if (about !== '') {
    learned.in = Buffer.concat([learned.in, stringField('in_if_description', about)])
    learned.out = Buffer.concat([learned.out, stringField('out_if_description', about)])
  }
  tableOf<keyof Names, Name>(port.exporter, port.names, kind).set(of, learned)
  learn<keyof Names, Name>(port.exporter, domain.names, kind, of, learned)
  return true
}

const FIELDS_OF: Record<keyof Names, { in: FieldName; out: FieldName }> = {
  interfaces: { in: 'in_if_name', out: 'out_if_name' },
  vrfs: { in: 'ingress_vrf_name', out: 'egress_vrf_name' },
  applications: { in: 'application_name', out: 'application_name' }
}

function cutText(text: string): string {
  if (Buffer.byteLength(text) <= MAX_NAME_BYTES) return text
  const bytes = Buffer.from(text)
  let end = MAX_NAME_BYTES
  while ((bytes[end] & 0xc0) === 0x80) end-- // not inside a character
  return bytes.toString('utf8', 0, end)
}

function stringField(name: FieldName, text: string): Buffer {
  const bytes = Buffer.from(text)
  const field = Buffer.alloc(bytes.length + 8)
  const pos = writeVarint32(field, writeTag(field, 0, fieldTag(name)), bytes.length)
  return Buffer.concat([field.subarray(0, pos), bytes])
}
