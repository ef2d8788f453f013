/** NetFlow v9 and IPFIX records put together from their elements, and the FlowMessages that are expected of them. */
import assert from 'node:assert/strict'
import type { DecoderOptions } from '../../src/decode/decoderoptions.js'
import { parseAddress } from '../../src/flow/address.js'
import {
  be,
  type FieldSpec,
  type Header9,
  ipfix,
  optionsTemplate10,
  optionsTemplate9,
  set,
  template,
  v9,
  variable
} from './build-netflow.js'
import { RECEIVED, type Flow } from './datagram-stream.js'
import { decode } from './decode.js'

export const VERSIONS = [9, 10] as const
export type Version = (typeof VERSIONS)[number]

/** One element of a record: its template's field and its bytes. */
export interface Element {
  readonly id: number
  readonly bytes: Buffer
  readonly enterprise?: number
  /** variable length (IPFIX), in the short form where the value allows it or always in the long one */
  readonly variable?: 'short' | 'long'
}

export function uint(id: number, value: number | bigint, length = 4): Element {
  return { id, bytes: be(value, length) }
}

export function addr(id: number, text: string): Element {
  const bytes = parseAddress(text)
  assert(bytes !== undefined, `${text} is no address`)
  return { id, bytes }
}

export function raw(id: number, hex: string): Element {
  return { id, bytes: Buffer.from(hex.replaceAll(' ', ''), 'hex') }
}

/** Text, padded with zeros to `length`. */
export function text(id: number, words: string, length = Buffer.byteLength(words)): Element {
  const bytes = Buffer.alloc(length)
  bytes.write(words)
  return { id, bytes }
}

/** The same element of the other direction (RFC 5103). */
export function reverse(element: Element): Element {
  return { ...element, enterprise: 29305 }
}

/** The same element in variable length. */
export function vary(element: Element, form: 'short' | 'long' = 'short'): Element {
  return { ...element, variable: form }
}

export function hex(address: string): string {
  return addr(0, address).bytes.toString('hex')
}

export function specOf({ id, bytes, enterprise, variable: form }: Element): FieldSpec {
  const length = form === undefined ? bytes.length : 65535
  return enterprise === undefined ? [id, length] : [id, length, enterprise]
}

export function recordOf(elements: readonly Element[]): Buffer {
  return Buffer.concat(elements.map(({ bytes, variable: form }) => (form === undefined ? bytes : variable(bytes, form === 'long'))))
}

export function message(version: Version, header: Header9, ...sets: Buffer[]): Buffer {
  return version === 9 ? v9(header, ...sets) : ipfix(header, ...sets)
}

export function templateSet(version: Version, id: number, elements: readonly Element[]): Buffer {
  return set(version === 9 ? 0 : 2, template(id, elements.map(specOf)))
}

export function optionsTemplateSet(version: Version, id: number, scopes: readonly Element[], options: readonly Element[]): Buffer {
  const build = version === 9 ? optionsTemplate9 : optionsTemplate10
  return set(version === 9 ? 1 : 3, build(id, scopes.map(specOf), options.map(specOf)))
}

/** A template of these elements and one record of it. */
export function dataSets(version: Version, elements: readonly Element[], id = 256): Buffer[] {
  return [templateSet(version, id, elements), set(id, recordOf(elements))]
}

/** An options template and one record of it. */
export function optionsSets(version: Version, scopes: readonly Element[], options: readonly Element[], id = 512): Buffer[] {
  return [optionsTemplateSet(version, id, scopes, options), set(id, recordOf([...scopes, ...options]))]
}

/** An element that every record of these helpers has. */
export const PROTO = uint(4, 6, 1)

/** A message with one record of these elements. */
export function recordMessage(version: Version, domain: number, ...elements: Element[]): Buffer {
  return message(version, { domain }, ...dataSets(version, [PROTO, ...elements]))
}

/** A message with one options record. */
export function optionsMessage(version: Version, domain: number, scopes: Element[], ...options: Element[]): Buffer {
  return message(version, { domain }, ...optionsSets(version, scopes, options))
}

/** The system as a scope: v9's scope type 1, IPFIX's exportingProcessId. */
export function systemScope(version: Version): Element {
  return uint(version === 9 ? 1 : 144, 0)
}

const SECOND = 1_000_000_000n

/** The fields of every message of a datagram of `message`: without a time element, a flow is as old as its export. */
export function baseOf(version: Version, { seconds = 1_700_000_000, sequence = 1, domain = 0 }: Header9 = {}): Flow {
  const exported = String(BigInt(seconds) * SECOND)
  return {
    type: version === 9 ? 'NETFLOW_V9' : 'IPFIX',
    time_received_ns: String(RECEIVED),
    ...(sequence === 0 ? {} : { sequence_num: sequence }),
    sampler_address: 'c0000209',
    ...(domain === 0 ? {} : { observation_domain_id: domain }),
    time_flow_start_ns: exported,
    time_flow_end_ns: exported
  }
}

/** Decodes one record of these elements, and checks that what comes of it is `expected` beside the fields of `baseOf`, and nothing else. */
export async function assertFlow(
  version: Version,
  elements: readonly Element[],
  expected: Flow,
  header: Header9 = {},
  options: Partial<DecoderOptions> = {}
): Promise<void> {
  // a record of zeros alone would be padding
  const filled = recordOf(elements).some((byte) => byte !== 0) ? elements : [...elements, raw(210, 'ff')]
  const { flows } = await decode([message(version, header, ...dataSets(version, filled))], options)
  assert.deepEqual(flows, [{ ...baseOf(version, header), ...expected }], describe(version, elements))
}

export function describe(version: Version, elements: readonly Element[]): string {
  return `version ${version}: ${elements.map(({ id, enterprise, bytes }) => `${enterprise === undefined ? '' : `${enterprise}/`}${id}=${bytes.toString('hex')}`).join(' ')}`
}
