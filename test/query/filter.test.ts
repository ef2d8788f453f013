/** The filter language, rule by rule. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { flowMessage } from '../../src/flow/proto.js'
import { compileFilter, FilterError, shownMistake } from '../../src/query/filter.js'
import { type FlowSpec, flowFrame } from '../agg/aggregating.js'
import { mistake } from './mistake.js'

const NOW = 1_800_000_000_000_000_000n
const context = { schema: flowMessage, now: NOW }

function matches(text: string, flow: FlowSpec): boolean {
  const frame = flowFrame(flow)
  let start = 1
  while (frame[start - 1] >= 0x80) start++
  return compileFilter(text, context).matches(frame, start, frame.length)
}

function check(flow: FlowSpec, yes: readonly string[], no: readonly string[]): void {
  for (const text of yes) assert.equal(matches(text, flow), true, text)
  for (const text of no) assert.equal(matches(text, flow), false, text)
}

const WEB: FlowSpec = {
  src_addr: 'c0000201',
  dst_addr: '20010db8000000000000000000000001',
  src_port: 40_000,
  dst_port: 443,
  proto: 6,
  etype: 0x86dd,
  bytes: 1_500_000n,
  packets: 1000n,
  tcp_flags: 0x12,
  src_as: 64_500,
  dst_as: 64_501,
  src_country: 'CH',
  dst_country: 'IN',
  in_if: 7,
  out_if: 8,
  in_if_name: 'xe-0/0/0',
  out_if_name: '7',
  sampler_address: 'c6336401',
  time_received_ns: NOW - 60_000_000_000n,
  time_flow_start_ns: NOW - 70_000_000_000n,
  time_flow_end_ns: NOW - 60_000_000_000n,
  ip_tos: 0xb8,
  bgp_communities: [64_500 * 65_536 + 100, 7],
  as_path: [64_500, 64_510],
  mpls_label: [100, 200],
  src_mac: 0x02005e100001n,
  type: 4
}

test('and, or, not, parentheses and their other spellings; comments; any', () => {
  check(
    WEB,
    [
      'tcp AND dst port 443',
      'udp || tcp',
      'not udp && tcp',
      '!udp',
      'any',
      'udp and tcp or any',
      '(udp or tcp) and not icmp # why\n and any',
      'not not tcp'
    ],
    ['udp and (tcp or any)', 'not (udp or tcp)', '!any', 'not udp and udp']
  )
})

test('directions: either end by default, both, one', () => {
  check(
    WEB,
    [
      'port 443',
      'src or dst port 443',
      'dst port 443',
      'src and dst port > 400',
      'src 192.0.2.1',
      'dst 2001:db8::/32',
      'in if 7',
      'src or dst 192.0.2.1'
    ],
    ['src port 443', 'src and dst port 443', 'dst 192.0.2.1', 'out if 7', 'in and out if 7']
  )
  check(WEB, ['dst port 443 or src or dst port 5', 'src and dst port != 53'], ['src and dst port != 443', 'port != 443'])
})

test('x != v is not (x == v)', () => {
  check({ src_port: 53, dst_port: 40_000 }, ['port 53', 'not port != 53'], ['port != 53', 'port not in [53]', 'port ne 53'])
  check({ src_port: 54, dst_port: 40_000 }, ['port != 53', 'port not in [53 55]'], ['port in [53 55]'])
})

test('absent addresses are in nothing, equal to none, smaller and greater than none', () => {
  check(
    { proto: 6 },
    [
      'host != 0.0.0.0',
      'not net 0.0.0.0/0',
      'not net ::/0',
      'src_addr != dst_addr',
      'port 0',
      'src country ""',
      'bytes == 0',
      'host not in [0.0.0.0/0 ::/0]'
    ],
    ['net 0.0.0.0/0', 'net ::/0', 'host < 255.255.255.255', 'host >= 0.0.0.0', 'src_addr == dst_addr', 'src_addr', 'bytes']
  )
})

test('addresses: networks, short ones, ranges, order, families, mapped', () => {
  check(
    { src_addr: '0a010203' },
    [
      'net 10/8',
      'net 10.1/16',
      'host 10.1.2.9/24',
      'host 10.1.2.3',
      'host in [10.1.2.0-10.1.2.4]',
      'ip 10.1.2.3',
      'ip in [10/8]',
      'src ip 10/8',
      'host < 10.1.2.4',
      'host >= 10.1.2.3'
    ],
    ['net 11/8', 'net ::/0', 'host < ::1', 'host > 10.1.2.3', 'dst ip 10/8']
  )
  check(
    { src_addr: '00000000000000000000ffff0a010203' },
    ['net 10/8', 'host ::ffff:10.1.2.3', 'net ::ffff:10.0.0.0/104'],
    ['net ::/0', 'net 11/8']
  )
})

test('countries whose codes are operators, in any case', () => {
  for (const code of ['IN', 'LT', 'AS', 'GE', 'LE', 'NE', 'GT']) {
    if (code === 'AS' || code === 'LE' || code === 'GT') continue
    check(
      { src_country: code },
      [`src country ${code}`, `src country ${code.toLowerCase()} or udp`, `country in [${code}]`, `src country == ${code}`],
      [`dst country ${code}`]
    )
  }
  check({ src_country: 'AS' }, ['src country AS', 'country as and any', 'country in [CH AS]', 'country in AS'], ['country CH'])
  check({ src_country: 'in' }, ['country IN'], [])
})

test('ICMP types imply their protocol', () => {
  check({ proto: 6 }, ['icmp type != 0'], ['icmp type 0', 'icmp6 type 0', 'icmp code 0'])
  check({ proto: 1, icmp_type: 8 }, ['icmp type 8', 'icmp-type 8', 'icmp', 'icmp type in [0 8]'], ['icmp type 0', 'icmp6 type 8'])
  check({ proto: 58, icmp_type: 128 }, ['icmp6 type 128', 'icmp6-type 128', 'icmp6'], ['icmp type 128'])
})

test('a protocol before a primitive; ip', () => {
  check(
    WEB,
    ['tcp port 443', 'tcp dst port 443', 'ip6 tcp port 443', 'proto tcp', 'proto 6', 'ethertype ipv6', 'ip6'],
    ['udp port 443', 'ip port 443', 'ip tcp', 'proto udp']
  )
  check({ ...WEB, etype: 0x0800 }, ['ip port 443', 'ip tcp port 443', 'ip4'], ['ip6'])
})

test('numbers, units, ranges, names', () => {
  check(
    WEB,
    [
      'bytes > 1M',
      'bytes 1.5m',
      'bytes < 1.5Mi',
      'bytes == 1500k',
      'port https',
      'portrange 440-450',
      'port in [80, 440-450]',
      'dst port in 443',
      'port in [http https]',
      'as 64500',
      'src as AS64500'
    ],
    ['bytes > 2M', 'port http', 'port in [1 2 3]', 'as 64502']
  )
  check(
    { bytes: 2n ** 64n - 1n },
    ['bytes == 18446744073709551615', 'bytes > 18446744073709551614', 'bytes >= 1T'],
    ['bytes < 18446744073709551615', 'bytes > 18446744073709551615']
  )
  check(
    WEB,
    ['dscp ef', 'dscp 46', 'tos 0xb8', 'type ipfix', 'type == IPFIX', 'mac 02:00:5e:10:00:01', 'dscp != cs1'],
    ['dscp af41', 'type SFLOW_5']
  )
})

test('flags: all of these, exactly these, these among those', () => {
  check(
    WEB,
    ['flags S', 'flags SA', 'flags == SA', 'flags 0x12', 'flags 18', 'flags S/SR', 'tcp_flags == 18', 'flags in [S SA]'],
    ['flags == S', 'flags S/SA', 'flags F', 'flags 0x2', 'flags in [S A]']
  )
})

test('interfaces by number and by name', () => {
  check(
    WEB,
    ['if 7', 'if "xe-0/0/0"', 'out if "7"', 'in if =~ "^xe-"', 'in if in [9 "xe-0/0/0"]', 'in_if == 7', 'in_if < out_if'],
    ['in if "7"', 'out if 7', 'if =~ "^ge"', 'if !~ "xe"']
  )
})

test('lists: any of their entries', () => {
  check(
    WEB,
    ['community 64500:100', 'community 7', 'as path 64510', 'mpls 200', 'mpls', 'as path != 5'],
    ['community 64500:101', 'as path != 64510', 'mpls 3']
  )
})

test('times, durations and rates', () => {
  check(
    WEB,
    [
      'received > 5m',
      'received < 30s',
      'duration 10s',
      'duration > 500ms',
      'bps > 1M',
      'bps == 1.2M',
      'pps 100',
      'bpp 1500',
      'duration in [5s-10s]',
      'received in [2m-30s]',
      'start > 2027-01-15T07:58',
      'start > "2027-01-15 07:58"',
      'start < 2027-01-15T08:00:00Z',
      'end in [2027-01-15T07:58-2027-01-15T09:00:00+01:00]'
    ],
    ['received > 30s', 'duration != 10s', 'bps > 1.2M', 'start > 2027-01-16']
  )
  check({ bytes: 5n, time_flow_start_ns: 5n, time_flow_end_ns: 5n }, ['bps 0', 'pps == 0', 'duration 0s'], ['bps > 0', 'bps', 'bpp'])
})

test("aggregates by what they were grouped by: flow-agg's keys for either end", () => {
  check({ port: 53, flows: 2n }, ['port 53', 'port in [53]', 'port != 54'], ['src port 53', 'port != 53', 'port 0', 'port < 50'])
  check({ addr: '0a000000', addr_net: 8, flows: 2n }, ['net 10/8', 'prefix 8'], ['src net 10/8', 'net 11/8'])
  check({ as_number: 64_500 }, ['as 64500'], ['as 0'])
  check({ country: 'CH' }, ['country ch'], ['country ""'])
  check({ interface: 3 }, ['if 3'], ['if 4'])
  check({ mac: 5n }, ['mac 00:00:00:00:00:05'], [])
  check({ network: 'office' }, ['network office', 'network "office"', 'network =~ "^off"'], ['network home'])
})

test('fields by their names, alone, against another, .name', () => {
  check(
    WEB,
    [
      'src_port',
      '.bytes',
      '.bytes > .packets',
      'bytes > packets',
      'src_port != dst_port',
      'src_addr != dst_addr',
      'dst_port in [443]',
      '.type == IPFIX'
    ],
    ['vni', 'src_port == dst_port', 'src_addr < dst_addr', '.port']
  )
  check(
    { src_addr: '0a000001', dst_addr: '0a000002' },
    ['src_addr < dst_addr', 'src_addr <= dst_addr', 'src_addr < 10.0.0.2'],
    ['src_addr > dst_addr']
  )
})

test('fragments, drops, VLANs, NAT', () => {
  check({ fragment_offset: 5 }, ['fragment'], [])
  check({ ip_flags: 1 }, ['fragment'], ['dropped'])
  check({ ip_flags: 2 }, [], ['fragment'])
  check({ drop_reason: 256 }, ['dropped'], [])
  check({ forwarding_status: 130 }, ['dropped'], [])
  check({ vlan_id: 5 }, ['vlan 5', 'vlan'], ['src vlan 5'])
  check(
    { post_nat_src_addr: '0a000001', post_nat_dst_port: 80, nat_event: 4 },
    ['nat host 10.0.0.1', 'nat net 10/8', 'src nat host 10.0.0.1', 'nat port 80', 'nat event nat44_session_create', 'nat event 4'],
    ['host 10.0.0.1', 'nat port 81']
  )
})

test('files of values, and files of expressions', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-filter-'))
  const list = path.join(folder, 'list')
  fs.writeFileSync(list, '# ours\n10.0.0.0/8 # private\n\n2001:db8::/32\n')
  check(
    { src_addr: '0a000001' },
    [`host in @"${list}"`, `host in [@"${list}", 192.0.2.1]`],
    [`host not in @"${list}"`, `dst host in @"${list}"`]
  )
  const names = path.join(folder, 'names')
  fs.writeFileSync(names, 'xe-0/0/0\n7\n')
  check({ in_if_name: 'xe-0/0/0' }, [`if in @"${names}"`], [])
  const filter = compileFilter(`host in @"${list}"`, context)
  const frame = flowFrame({ src_addr: '0b000001' })
  assert.equal(filter.matches(frame, 1, frame.length), false)
  fs.writeFileSync(list, '11/8')
  filter.files[0].reload()
  assert.equal(filter.matches(frame, 1, frame.length), true)
  fs.writeFileSync(list, '12/8\n10.0.0.300\n')
  assert.throws(filter.files[0].reload, /list:2: '10\.0\.0\.300': expected an address/)
  assert.equal(filter.matches(frame, 1, frame.length), true)
  assert.match(mistake(`host in @"${folder}/none"`).message, /cannot read .*none: no such file/)

  const part = path.join(folder, 'part')
  fs.writeFileSync(part, '# web\nport 80 or\n port 443')
  check({ dst_port: 443, proto: 6 }, [`tcp and @include "${part}"`], [`udp and @include "${part}"`])
  fs.writeFileSync(part, 'port 80 or\nprot 443')
  const { file, text, at, message } = mistake(`tcp and @include "${part}"`)
  assert.equal(file, part)
  assert.equal(text.slice(at.start, at.end), 'prot')
  assert.match(message, /unknown word 'prot'/)
  fs.writeFileSync(part, `@include "${part}"`)
  assert.match(mistake(`@include "${part}"`).message, /includes itself/)
  fs.rmSync(folder, { recursive: true })
})

test('mistakes: the word, what was expected, what would do', () => {
  const cases: [text: string, word: string, message: RegExp][] = [
    ['port 80 or 443', '443', /port in \[80 443\]/],
    ['tcp and dst port http or https', 'https', /dst port in \[http https\]/],
    ['dst prot 443', 'prot', /unknown word 'prot'.*port/],
    ['srcc port 443', 'srcc', /unknown word 'srcc'; nearest: src/],
    ['dest port 443', 'dest', /unknown word 'dest'; nearest: dst/],
    ['tcp srcc port 443', 'srcc', /unknown word 'srcc'; nearest: src/],
    ['router ip 192.0.2.7', 'router', /unknown word 'router'; nearest: .*exporter/],
    ['srcip 192.0.2.7', 'srcip', /unknown word 'srcip'; nearest: src_addr$/],
    ['.dip == 192.0.2.7', '.dip', /unknown field 'dip'; nearest: dst_addr$/],
    ['tcp and not (udp or next ip 192.0.2.7)', 'next', /unknown word 'next'; nearest: next hop/],
    ['port 80 and 10.0.0.1 port 443', '10.0.0.1', /host 10\.0\.0\.1/],
    ['port 80 tcp', 'tcp', /cannot stand here: expected and, or/],
    ['tcp and src_prt 5', 'src_prt', /src_port/],
    ['.byts', '.byts', /unknown field 'byts'.*bytes/],
    ['country XQ', 'XQ', /country/],
    ['port htps', 'htps', /https/],
    ['port 70000', '70000', /65535/],
    ['proto tpc', 'tpc', /tcp/],
    ['duration > 5', '5', /100ms/],
    ['received > 5', '5', /100ms/],
    ['bytes > 5s', '5s', /1\.5M/],
    ['port 80k', '80k', /port/],
    ['ip', 'ip', /ip4/],
    ['ip and tcp', 'ip', /ip4/],
    ['src bytes 5', 'src', /no direction/],
    ['src if 5', 'src', /in or out/],
    ['in port 5', 'in', /src or dst/],
    ['in_if "7"', '"7"', /a number/],
    ['bytes =~ "5"', '"5"', /texts/],
    ['city =~ "("', '"("', /regular expression/],
    ['city > abc', 'abc', /no order/],
    ['host 10.0.0.300', '10.0.0.300', /an address or a network/],
    ['host 10.0.0.0/33', '10.0.0.0/33', /an address or a network/],
    ['host < 10/8', '10/8', /one value/],
    ['port in [90-80]', '90-80', /ends before/],
    ['port in []', '[]', /empty/],
    ['port < [80]', '< [80]', /no list/],
    ['flags SX', 'SX', /CEUAPRSF/],
    ['start > 2026-02-30', '2026-02-30', /a time/],
    ['10.0.0.1', '10.0.0.1', /host 10\.0\.0\.1/],
    ['tcp udp 5', '5', /cannot stand here|no test/],
    ['bytes > src_addr', 'src_addr', /another type/],
    ['if xe-0/0/0', 'xe-0/0/0', /quotes/]
  ]
  for (const [text, word, message] of cases) {
    const error = mistake(text)
    assert.equal(text.slice(error.at.start, error.at.end), word, text)
    assert.match(error.message, message, text)
    const [line, carets] = shownMistake(error)
    assert.equal(line.slice(carets.indexOf('^'), carets.length), word, text)
  }
  for (const text of ['', 'tcp and', '(tcp', 'tcp)', 'port', 'port in [80', 'not', 'port >', '"x', '@include', 'a'.repeat(300)]) {
    const error = mistake(text)
    assert.ok(error.at.start <= text.length && error.message !== '', text)
    assert.ok(shownMistake(error).every((line) => line.length <= 78))
  }
  assert.match(mistake(`${'('.repeat(50_000)}tcp`).message, /too deeply/)
})

const GOOD = [
  'tcp and dst port 443 and not src net 10.0.0.0/8',
  'host in [192.0.2.0/24, 2001:db8::/32] and bytes > 1M',
  'in if "xe-0/0/0" and (src as 64500 or src country CH)',
  'src or dst nat port 80 or icmp type 8 or flags S/SA # x',
  'received > 5m and duration in [1s-5s] or next hop as 5 and city =~ "a\\.b"'
]

test('what is shown with all parentheses is understood as the same', () => {
  for (const text of GOOD) {
    const shown = compileFilter(text, context).written
    assert.equal(compileFilter(shown, context).written, shown)
  }
  assert.equal(compileFilter(GOOD[0], context).written, '(tcp and (dst port 443) and (not (src net 10.0.0.0/8)))')
})

test('cut and mutated expressions are understood, or are a mistake with a place', () => {
  const attempt = (text: string): void => {
    try {
      compileFilter(text, context)
    } catch (error) {
      assert.ok(error instanceof FilterError, `${text}: ${String(error)}`)
      assert.ok(error.at.start >= 0 && error.at.start <= text.length, text)
      shownMistake(error)
    }
  }
  for (const text of GOOD) for (let end = 0; end <= text.length; end++) attempt(text.slice(0, end))
  const words = fc.constantFrom(
    ...GOOD.join(' ').split(' '),
    'in',
    'not',
    '(',
    ')',
    '[',
    ']',
    '"',
    '@',
    '.',
    '-',
    '/',
    '!',
    '=',
    'ip',
    'nat',
    'any',
    '0',
    '9e9',
    'é'
  )
  fc.assert(
    fc.property(fc.array(words, { maxLength: 12 }), fc.constantFrom(' ', ''), (all, blank) => attempt(all.join(blank))),
    { numRuns: 3000 }
  )
})
