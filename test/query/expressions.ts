/** Expressions of the filter language that fast-check makes up, each with what it says. */
import fc from 'fast-check'
import { FlowMessage } from '../support/datagram-stream.js'
import { addresses, between, comparing, type Comparing, number, numbers, patterns, texts, withRanges, type Written } from './comparing.js'
import { type About, aboutFits, addressesFit, type Ends, fieldFits, isThere, type Message, ORDERS, ratioOf, type Said } from './slow.js'

/** The time that expressions count back from. */
export const NOW = 1_800_000_000_000_000_000n
const SECOND = 1_000_000_000n

const SRC: readonly (readonly [string, Ends])[] = [
  ['', 'any'],
  ['src or dst ', 'any'],
  ['src ', 0],
  ['dst ', 1],
  ['SRC AND dst ', 'both']
]
const IN: readonly (readonly [string, Ends])[] = [
  ['', 'any'],
  ['in or out ', 'any'],
  ['in ', 0],
  ['out ', 1],
  ['in and out ', 'both']
]
const NONE = [['', 'any'] as const]

function primitive(text: string, holds: (message: Message) => boolean): Said {
  return { text, level: 2, holds }
}

/** A word with its directions, and comparisons of what it is about. */
function tests(
  words: readonly string[],
  directions: readonly (readonly [string, Ends])[],
  about: About,
  comparison: fc.Arbitrary<Comparing>
) {
  return fc
    .tuple(fc.constantFrom(...directions), fc.constantFrom(...words), comparison)
    .map(([[direction, ends], word, { text, fits, negated }]) =>
      primitive(direction + word + text, (message) => aboutFits(message, about, ends, fits, negated))
    )
}

const both = (source: string, destination: string, either?: string, also?: string): About => ({
  ends: [source, destination],
  ...(either === undefined ? {} : { either }),
  ...(also === undefined ? {} : { also })
})
const counters = numbers({
  '0': 0n,
  '1': 1n,
  '1000': 1000n,
  '1k': 1000n,
  '1K': 1000n,
  '1.5k': 1500n,
  '1Ki': 1024n,
  '2M': 2_000_000n,
  '0x10': 16n,
  '18446744073709551615': 2n ** 64n - 1n,
  '9Ti': 9n * 2n ** 40n
})
const few = withRanges({ '0': 0n, '1': 1n, '7': 7n, '8': 8n, '24': 24n, '0x40': 64n })
const ports = withRanges({ '0': 0n, '53': 53n, '443': 443n, '0x1bb': 443n, https: 443n, domain: 53n, DOMAIN: 53n, '65535': 65_535n })
const systems = withRanges({ '0': 0n, '64500': 64_500n, AS64500: 64_500n, as64501: 64_501n, '1.10': 65_546n, '4294967295': 2n ** 32n - 1n })
const names = (...all: string[]): fc.Arbitrary<Comparing> => comparing(texts('', ...all), false)
const matching = patterns(['^xe', /^xe/u], ['a"b', /a"b/u], ['e.*0$', /e.*0$/u], ['\\.', /\./u], ['é', /é/u], ['^$', /^$/u])

const country = fc
  .constantFrom('CH', 'ch', 'IN', 'in', 'LT', 'AS', 'as', 'GE', 'Ne', '""')
  .map((text): Written => ({ text, fits: (value) => String(value).toUpperCase() === text.replaceAll('"', '').toUpperCase() }))

const times = fc.constantFrom(
  number('5m', NOW - 300n * SECOND),
  number('90s', NOW - 90n * SECOND),
  number('1h30m', NOW - 5400n * SECOND),
  number('2027-01-15T07:58', NOW - 120n * SECOND),
  number('2027-01-15T08:00:00Z', NOW),
  number('2027-01-15T09:00:00.000000001+01:00', NOW + 1n),
  number('2027-01-15', NOW - 28_800n * SECOND),
  { text: '2027-01-15T07:58-2027-01-15T08:00:00Z', fits: between(NOW - 120n * SECOND, NOW) } as Written
)

/** S: all of them; == S, 0x2 and lists: exactly; S/SA: these among those. */
const flags = fc.oneof(
  fc.constantFrom(...(['S', 'SA', 'a', 'FSRPAUEC'] as const)).map((letters): Comparing => {
    const bits = [...letters.toUpperCase()].reduce((sum, letter) => sum | (1n << BigInt('FSRPAUEC'.indexOf(letter))), 0n)
    return { text: ` ${letters}`, fits: (value) => ((value as bigint) & bits) === bits, negated: false }
  }),
  fc.constantFrom([' S/SA', false], [' == S/sa', false], [' != S/SA', true], [' ne S/SA', true]).map(([text, negated]): Comparing => ({
    text: text,
    fits: (value) => ((value as bigint) & 0x12n) === 2n,
    negated: negated
  })),
  fc
    .constantFrom(' 0x12', ' 18', '==SA', ' = sa', ' in [SA]', ' [0x12]')
    .map((text): Comparing => ({ text, fits: (value) => value === 18n, negated: false })),
  fc.constantFrom('!=SA', ' not in [18]', ' ne SA').map((text): Comparing => ({ text, fits: (value) => value === 18n, negated: true }))
)

const ratios = fc
  .tuple(
    fc.constantFrom('duration', 'bps', 'pps', 'bpp'),
    fc.constantFrom('==', '!=', '<', ' <= ', '>', ' >='),
    fc.constantFrom(0, 3, 100, 1e6)
  )
  .map(([word, sign, value]) => {
    const order = sign.trim()
    const text = word === 'duration' ? `${value}s` : value === 1e6 ? '1M' : String(value)
    return primitive(word + sign + text, (message) => {
      const found = ratioOf(message, word)
      if (order === '!=') return found !== value
      return order === '==' ? found === value : ORDERS[order](BigInt(Math.sign(found - value)))
    })
  })

const is =
  (field: string, value: bigint) =>
  (message: Message): boolean =>
    (message[field] ?? 0n) === value
const protocols = fc.constantFrom(
  ...(
    [
      ['tcp', 6n],
      ['UDP', 17n],
      ['icmp', 1n],
      ['icmp6', 58n],
      ['gre', 47n],
      ['esp', 50n],
      ['sctp', 132n]
    ] as const
  ).map(([word, n]) => primitive(word, is('proto', n))),
  ...(
    [
      ['arp', 0x0806n],
      ['ip4', 0x0800n],
      ['IPv4', 0x0800n],
      ['ip6', 0x86ddn],
      ['ipv6', 0x86ddn]
    ] as const
  ).map(([word, n]) => primitive(word, is('etype', n)))
)

const icmp = fc
  .tuple(fc.constantFrom('icmp type', 'icmp-type', 'icmp6 type', 'icmp6-type', 'icmp  code', 'icmp6 code'), comparing(few))
  .map(([word, { text, fits, negated }]) =>
    primitive(word + text, (message) => {
      const of = is('proto', word.startsWith('icmp6') ? 58n : 1n)(message)
      return (of && fieldFits(message, word.endsWith('type') ? 'icmp_type' : 'icmp_code', fits)) !== negated
    })
  )

const traits = fc.constantFrom(
  primitive('fragment', (message) => isThere(message, 'fragment_offset') || (((message.ip_flags ?? 0n) as bigint) & 1n) === 1n),
  primitive('dropped', (message) => isThere(message, 'drop_reason') || ((message.forwarding_status ?? 0n) as bigint) >> 6n === 2n),
  primitive('any', () => true),
  primitive('vlan', (message) => ['src_vlan', 'dst_vlan', 'vlan_id'].some((field) => isThere(message, field))),
  ...(['bytes', 'packets', 'flows', 'vni'] as const).map((word) => primitive(word, (message) => isThere(message, word))),
  primitive('mpls', (message) => isThere(message, 'mpls_label')),
  primitive('rate', (message) => isThere(message, 'sampling_rate')),
  ...(['duration', 'bps', 'pps', 'bpp'] as const).map((word) => primitive(word, (message) => ratioOf(message, word) !== 0))
)

const ADDRESSES = both('src_addr', 'dst_addr', 'addr')
const hosts = fc.oneof(
  tests(['host', 'net', 'addr', 'ip', 'HOST'], SRC, ADDRESSES, comparing(addresses)),
  // a direction straight before an address
  fc
    .tuple(fc.constantFrom(...SRC.slice(1)), addresses)
    .map(([[direction, ends], { text, fits }]) =>
      primitive(direction + text, (message) => aboutFits(message, ADDRESSES, ends, fits, false))
    ),
  tests(['nat host', 'nat net'], SRC, both('post_nat_src_addr', 'post_nat_dst_addr'), comparing(addresses))
)

const named = fc.oneof(
  tests(['port'], SRC, both('src_port', 'dst_port', 'port'), comparing(ports)),
  tests(
    ['portrange'],
    SRC,
    both('src_port', 'dst_port', 'port'),
    fc.constant({ text: ' 53-443', fits: between(53n, 443n), negated: false })
  ),
  tests(['nat port'], SRC, both('post_nat_src_port', 'post_nat_dst_port'), comparing(ports)),
  tests(['as'], SRC, both('src_as', 'dst_as', 'as_number'), comparing(systems)),
  tests(['country'], SRC, both('src_country', 'dst_country', 'country'), comparing(country, false)),
  tests(['network'], SRC, both('src_network', 'dst_network', 'network'), fc.oneof(names('xe', 'office'), matching)),
  tests(['city'], SRC, both('src_city', 'dst_city'), fc.oneof(names('xe-0/0/0', 'a"b'), matching)),
  tests(['prefix'], SRC, both('src_net', 'dst_net', 'addr_net'), comparing(few)),
  tests(
    ['mac'],
    SRC,
    both('src_mac', 'dst_mac', 'mac'),
    comparing(numbers({ '02:00:5e:10:00:01': 0x02005e100001n, '0200.5e10.0001': 0x02005e100001n, '00-00-00-00-00-07': 7n }))
  ),
  tests(['vlan'], SRC.slice(2), both('src_vlan', 'dst_vlan'), comparing(few)),
  tests(['vlan'], SRC.slice(0, 2), both('src_vlan', 'dst_vlan', undefined, 'vlan_id'), comparing(few)),
  tests(['if'], IN, both('in_if', 'out_if', 'interface'), comparing(few)),
  tests(['if'], IN, both('in_if_name', 'out_if_name'), fc.oneof(comparing(texts('xe-0/0/0', '7', 'a"b'), false), matching)),
  tests(['vrf'], IN, both('ingress_vrf_id', 'egress_vrf_id'), comparing(few)),
  tests(['boundary'], IN, both('in_if_boundary', 'out_if_boundary'), names('external', 'é')),
  tests(['exporter', 'sampler_address'], NONE, { one: 'sampler_address' }, comparing(addresses)),
  tests(['exporter', 'exporter_name'], NONE, { one: 'exporter_name' }, fc.oneof(comparing(texts('xe', 'a"b'), false), matching)),
  tests(['domain', 'observation_domain_id'], NONE, { one: 'observation_domain_id' }, comparing(few)),
  tests(['type', '.type'], NONE, { one: 'type' }, comparing(numbers({ ipfix: 4n, IPFIX: 4n, SFLOW_5: 1n, '101': 101n }))),
  tests(['proto', '.proto'], NONE, { one: 'proto' }, comparing(numbers({ tcp: 6n, UDP: 17n, '1': 1n, icmp6: 58n }))),
  tests(['ethertype', 'etype'], NONE, { one: 'etype' }, comparing(numbers({ ip4: 0x0800n, '0x86dd': 0x86ddn, ARP: 0x0806n })))
)

const single = fc.oneof(
  ...(['bytes', 'packets', 'flows'] as const).map((word) => tests([word, `.${word}`], NONE, { one: word }, comparing(counters))),
  tests(['rate', 'sampling_rate'], NONE, { one: 'sampling_rate' }, comparing(counters)),
  tests(['tos'], NONE, { one: 'ip_tos' }, comparing(few)),
  tests(['ttl'], NONE, { one: 'ip_ttl' }, comparing(few)),
  tests(['vni'], NONE, { one: 'vni' }, comparing(few)),
  tests(['mpls', 'mpls_label'], NONE, { one: 'mpls_label' }, comparing(few)),
  tests(['next hop', 'next-hop', 'next_hop'], NONE, { one: 'next_hop' }, comparing(addresses)),
  tests(['bgp next hop'], NONE, { one: 'bgp_next_hop' }, comparing(addresses)),
  tests(['next hop as'], NONE, { one: 'next_hop_as' }, comparing(systems)),
  tests(['as path', 'as_path'], NONE, { one: 'as_path' }, comparing(systems)),
  tests(['community'], NONE, { one: 'bgp_communities' }, comparing(numbers({ '64500:100': 64_500n * 65_536n + 100n, '7': 7n, '0:7': 7n }))),
  tests(['nat event'], NONE, { one: 'nat_event' }, comparing(numbers({ nat_create: 1n, nat44_session_create: 4n, '4': 4n }))),
  tests(['app'], NONE, { one: 'application_id' }, comparing(few)),
  tests(['app'], NONE, { one: 'application_name' }, names('xe', 'a"b')),
  tests(
    ['dscp'],
    NONE,
    { one: 'ip_tos' },
    comparing(numbers({ '0': 0n, '1': 1n, ef: 46n, af41: 34n, CS1: 8n })).map(({ text, fits, negated }) => ({
      text,
      fits: (value, message) => fits((value as bigint) >> 2n, message),
      negated
    }))
  ),
  tests(['start', 'time_flow_start_ns'], NONE, { one: 'time_flow_start_ns' }, comparing(times)),
  tests(['end'], NONE, { one: 'time_flow_end_ns' }, comparing(times)),
  tests(['received'], NONE, { one: 'time_received_ns' }, comparing(times)),
  tests(['flags'], NONE, { one: 'tcp_flags' }, flags)
)

/** Fields by their names: alone, and against another of their kind. */
const all = Object.values(FlowMessage.fields).filter(({ name }) => !/^(total_of|type)$/.test(name))
const kindOf = ({ type }: { type: string }): string => (type === 'bytes' || type === 'string' ? type : 'number')
const fields = fc.oneof(
  fc.constantFrom(...all).map(({ name }) => primitive(`.${name}`, (message) => isThere(message, name))),
  fc
    .tuple(
      fc.constantFrom(...all),
      fc.constantFrom(...all),
      fc.constantFrom('==', '=', '!=', '<', '<=', '>', '>='),
      fc.constantFrom('', '.')
    )
    .filter(([a, b, sign]) => !a.repeated && !b.repeated && kindOf(a) === kindOf(b) && (kindOf(a) !== 'string' || /^[!=]/.test(sign)))
    .map(([a, b, sign, dot]) =>
      primitive(`.${a.name} ${sign} ${dot}${b.name}`, (message) => {
        const order = sign === '!=' || sign === '=' ? '==' : sign
        const holds = fieldFits(message, a.name, (left) => {
          if (kindOf(a) === 'bytes') return isThere(message, b.name) && addressesFit(left, order, message[b.name] as string)
          if (kindOf(a) === 'string') return left === (message[b.name] ?? '')
          return ORDERS[order]((left as bigint) - ((message[b.name] ?? 0n) as bigint))
        })
        return holds !== (sign === '!=')
      })
    ),
  fc.tuple(fc.constantFrom(...SRC), fc.constantFrom('src_port', '.dst_port', 'proto')).map(([[direction, ends], name]) =>
    primitive(`${direction}port != ${name}`, (message) => {
      return aboutFits(
        message,
        both('src_port', 'dst_port', 'port'),
        ends,
        (value) => value === (message[name.replace('.', '')] ?? 0n),
        true
      )
    })
  )
)

const leaf = fc.oneof(hosts, named, single, fields, ratios, protocols, icmp, traits)

/** A protocol's word straight before a primitive is that and the primitive; `ip` is ip4 there. */
const behindProtocol = fc
  .tuple(fc.oneof(protocols, fc.constant(primitive('ip', is('etype', 0x0800n)))), fc.oneof(named, single, protocols))
  .filter(([{ text: word }, { text }]) => !(/^icmp6?$/i.test(word) && /^(type|code)/.test(text)))
  .map(([protocol, next]) => primitive(`${protocol.text} ${next.text}`, (message) => protocol.holds(message) && next.holds(message)))

function inside(level: number, { text, level: own }: Said): string {
  return own < level ? `( ${text})` : text
}

function joined(level: 0 | 1, parts: readonly Said[], word: string): Said {
  const holds = (message: Message): boolean =>
    level === 0 ? parts.some((part) => part.holds(message)) : parts.every((part) => part.holds(message))
  return { text: parts.map((part) => inside(level + 1, part)).join(word), level, holds }
}

const parts = (tie: fc.LetrecTypedTie<{ expression: Said }>): fc.Arbitrary<Said[]> =>
  fc.array(tie('expression'), { minLength: 2, maxLength: 3 })

export const { expression } = fc.letrec<{ expression: Said }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'expression', withCrossShrink: true },
    leaf,
    behindProtocol,
    fc.tuple(parts(tie), fc.constantFrom(' and ', ' AND ', ' && ', '&&', '\nand #b\n')).map(([all, word]) => joined(1, all, word)),
    fc.tuple(parts(tie), fc.constantFrom(' or ', ' Or ', ' || ', '||')).map(([all, word]) => joined(0, all, word)),
    fc.tuple(tie('expression'), fc.constantFrom('not ', 'NOT ', '!', '! ')).map(([part, word]) => ({
      text: word + inside(2, part),
      level: 2,
      holds: (message: Message) => !part.holds(message)
    })),
    tie('expression').map(({ text, holds }) => ({ text: `(${text} )`, level: 2, holds }))
  )
}))
