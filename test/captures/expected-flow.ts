/**
 * The FlowMessages that records are to become which others decoded, element by element: test/support/reference says which field comes from which
 * element, and here is what options data adds. NetFlow v9 and IPFIX; v5 records have the same elements.
 */
import assert from 'node:assert/strict'
import { parseAddress } from '../../src/flow/address.js'
import { be } from '../support/build-netflow.js'
import type { Flow } from '../support/datagram-stream.js'
import type { Element as Encoded } from '../support/records.js'
import { referenceFlows } from '../support/reference/flow.js'
import { referenceRate } from '../support/reference/rate.js'

/** A number, text, or the bytes of an address or of anything else. */
export type Value = bigint | string | Buffer

export interface Element {
  readonly id: number
  /** 0: IANA's */
  readonly enterprise: number
  readonly value: Value
}

export interface GoldenRecord {
  readonly type: 'NETFLOW_V5' | 'NETFLOW_V9' | 'IPFIX'
  readonly exportNs: bigint
  /** milliseconds; none in IPFIX */
  readonly uptime?: bigint
  readonly sequence?: number
  readonly domain?: number
  /** of options records; data records have none */
  readonly scopes?: readonly Element[]
  readonly elements: readonly Element[]
}

/** What options records say of a domain. */
interface OptionsData {
  readonly samplers: Map<bigint, bigint>
  readonly interfaces: Map<bigint, bigint>
  rate: bigint
  bootMs: bigint
  readonly interfaceNames: Map<bigint, string>
  readonly interfaceDescriptions: Map<bigint, string>
  readonly vrfNames: Map<bigint, string>
  readonly applicationNames: Map<bigint, string>
}
type NameKind = 'interfaceNames' | 'interfaceDescriptions' | 'vrfNames' | 'applicationNames'

export interface Expectations {
  /** The messages of a record, in their order; none for an options record, which is remembered. */
  readonly flowsOf: (record: GoldenRecord) => Flow[]
}

const SECOND = 1_000_000_000n
const BOOT = 160

export function expectations(): Expectations {
  const domains = new Map<number, OptionsData>()

  function optionsOf(domain = 0): OptionsData {
    let options = domains.get(domain)
    if (options === undefined) {
      options = {
        samplers: new Map(),
        interfaces: new Map(),
        rate: 0n,
        bootMs: 0n,
        interfaceNames: new Map(),
        interfaceDescriptions: new Map(),
        vrfNames: new Map(),
        applicationNames: new Map()
      }
      domains.set(domain, options)
    }
    return options
  }

  return {
    flowsOf(record) {
      if (record.scopes !== undefined) {
        const scope = record.type === 'IPFIX' ? record.scopes.find(({ id }) => id === 149)?.value : undefined
        learn(optionsOf(typeof scope === 'bigint' ? Number(scope) : record.domain), record)
        return []
      }
      const own = optionsOf(record.domain)
      const domain0 = record.domain === 0 ? undefined : domains.get(0)
      return recordFlows(record, own.bootMs).map((flow) => withOptions(flow, record, own, domain0, [...domains.values()]))
    }
  }
}

/** The first value of an element that is a number. */
const numberOf = (elements: readonly Element[], id: number): bigint | undefined => {
  const value = elements.find((element) => element.id === id && element.enterprise === 0)?.value
  return typeof value === 'bigint' ? value : undefined
}

/** The elements as bytes, numbers in eight. */
function encoded(elements: readonly Element[]): Encoded[] {
  return elements.map(({ id, enterprise, value }) => ({
    id,
    enterprise,
    bytes: typeof value === 'bigint' ? be(BigInt.asUintN(64, value), 8) : Buffer.from(value)
  }))
}

function learn(options: OptionsData, { type, scopes = [], elements }: GoldenRecord): void {
  // v9's scopes are numbered in a registry of their own: 2 is an interface
  const scopeInterface =
    type === 'IPFIX' ? [10, 14, 252, 253].map((id) => numberOf(scopes, id)).find((value) => value !== undefined) : numberOf(scopes, 2)
  const all = type === 'IPFIX' ? [...scopes, ...elements] : elements
  const number = (id: number): bigint | undefined => numberOf(all, id)
  const rate = referenceRate(encoded(all))
  const sampler = number(48) ?? number(302)
  if (rate !== 0n) {
    if (sampler !== undefined) options.samplers.set(sampler, rate)
    else if (scopeInterface !== undefined) options.interfaces.set(scopeInterface, rate)
    else options.rate = rate
  }
  options.bootMs = number(BOOT) ?? options.bootMs
  const name = (id: number): string => {
    const value = all.find((element) => element.id === id)?.value
    return typeof value === 'string' ? value : ''
  }
  const remember = (names: Map<bigint, string>, of: bigint | undefined, text: string): void => {
    if (of !== undefined && text !== '') names.set(of, text)
  }
  const interfaceIndex = scopeInterface ?? number(10) ?? number(14) ?? number(252) ?? number(253)
  remember(options.interfaceNames, interfaceIndex, name(82) || name(83))
  // a description is what stands beside a name; alone it is the name
  if (name(82) !== '') remember(options.interfaceDescriptions, interfaceIndex, name(83))
  remember(options.vrfNames, number(234) ?? number(235), name(236))
  remember(options.applicationNames, number(95), name(96))
}

/** The messages of a data record by itself, but for the exporter's boot. */
function recordFlows({ type, exportNs, uptime = 0n, sequence = 0, domain = 0, elements }: GoldenRecord, bootMs: bigint): Flow[] {
  const boot: Element[] = bootMs === 0n || numberOf(elements, BOOT) !== undefined ? [] : [{ id: BOOT, enterprise: 0, value: bootMs }]
  const header = {
    uptime: Number(uptime),
    seconds: Number(exportNs / SECOND),
    nanos: Number(exportNs % SECOND),
    sequence,
    domain
  }
  const flows = referenceFlows(type === 'IPFIX' ? 10 : 9, encoded([...elements, ...boot]), header)
  return flows.map((flow) => ({ ...withoutReceipt(flow), type }))
}

/** The message with what options data adds to it. */
function withOptions(
  flow: Flow,
  { elements }: GoldenRecord,
  own: OptionsData,
  domain0: OptionsData | undefined,
  all: readonly OptionsData[]
): Flow {
  const number = (name: string): bigint | undefined => (flow[name] === undefined ? undefined : BigInt(flow[name] as string | number))
  // an interface of number 0 has a name and a rate as well
  const input = number('in_if') ?? 0n
  const output = number('out_if') ?? 0n
  const sampler = numberOf(elements, 48) ?? numberOf(elements, 302) ?? -1n
  const rates = [
    number('sampling_rate'),
    own.samplers.get(sampler),
    own.interfaces.get(input),
    own.rate,
    domain0?.samplers.get(sampler),
    domain0?.rate
  ]
  const rate = rates.find((each) => each !== undefined && each > 0n)
  const nameOf = (kind: NameKind, of: bigint | undefined): string | undefined =>
    of === undefined ? undefined : [own, ...all].map((each) => each[kind].get(of)).find((each) => each !== undefined)
  const texts = {
    in_if_name: nameOf('interfaceNames', input),
    out_if_name: nameOf('interfaceNames', output),
    in_if_description: nameOf('interfaceDescriptions', input),
    out_if_description: nameOf('interfaceDescriptions', output),
    ingress_vrf_name: nameOf('vrfNames', number('ingress_vrf_id')),
    egress_vrf_name: nameOf('vrfNames', number('egress_vrf_id')),
    application_name: nameOf('applicationNames', number('application_id'))
  }
  return {
    ...flow,
    ...(rate === undefined ? {} : { sampling_rate: String(rate) }),
    ...Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined))
  }
}

/** A FlowMessage without what a golden cannot know: who sent it, and when it came. */
export function withoutReceipt(flow: Flow): Flow {
  return Object.fromEntries(Object.entries(flow).filter(([name]) => name !== 'time_received_ns' && name !== 'sampler_address'))
}

/** An address of `length` bytes as an element of that family holds it: ::ffff:a.b.c.d stays 16 bytes long. */
export function addressBytes(text: string, length: 4 | 16): Buffer {
  const bytes = parseAddress(text) ?? assert.fail(`no address: ${text}`)
  return bytes.length === length ? Buffer.from(bytes) : Buffer.concat([Buffer.from('00000000000000000000ffff', 'hex'), bytes])
}

/** Asserts that the flows are those; lists all differences by field, not only the first. */
export function assertFlows(actual: readonly Flow[], expected: readonly Flow[], what: string): void {
  const differences = new Map<string, string[]>()
  for (let i = 0; i < Math.min(actual.length, expected.length); i++) {
    for (const name of new Set([...Object.keys(actual[i]), ...Object.keys(expected[i])])) {
      const [is, should] = [JSON.stringify(actual[i][name]), JSON.stringify(expected[i][name])]
      if (is !== should) differences.set(name, [...(differences.get(name) ?? []), `flow ${i}: ${is} for ${should}`])
    }
  }
  const lines = [...differences].map(([name, all]) => `${name}: ${all.length} differ, ${all.slice(0, 3).join(', ')}`)
  assert.deepEqual(lines, [], what)
  assert.equal(actual.length, expected.length, `${what}: how many`)
}
