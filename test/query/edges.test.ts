/** The filter at its edges: large lists, files that are broken or include one another, names that stand for several values. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { flowMessage } from '../../src/flow/proto.js'
import { compileFilter } from '../../src/query/filter.js'
import { type FlowSpec, flowFrame } from '../agg/aggregating.js'
import { numbers } from '../support/generate.js'
import { mistake } from './mistake.js'

const context = { schema: flowMessage, now: 1_800_000_000_000_000_000n }
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'filter-edges-'))
test.after(() => {
  fs.rmSync(folder, { recursive: true })
})

function file(name: string, content: string): string {
  fs.writeFileSync(path.join(folder, name), content)
  return path.join(folder, name)
}

/** Tells flows by an expression. */
function telling(text: string): (flow: FlowSpec) => boolean {
  const { matches } = compileFilter(text, context)
  return (flow) => {
    const frame = flowFrame(flow)
    return matches(frame, frame.findIndex((byte) => byte < 0x80) + 1, frame.length)
  }
}

test('a million networks that overlap, with and without those of all addresses', () => {
  const random = numbers(7)
  const next = (below: number): number => random() % below
  const networks: { hex: string; prefix: number }[] = []
  const lines: string[] = []
  for (let i = 0; i < 1_000_000; i++) {
    if (i % 8 === 0) {
      const groups = [0x2001, 0x0db8, next(256), next(65_536)]
      const prefix = 40 + next(25)
      lines.push(`${groups.map((group) => group.toString(16)).join(':')}::/${prefix}`)
      networks.push({ hex: groups.map((group) => group.toString(16).padStart(4, '0')).join('') + '0'.repeat(16), prefix })
    } else {
      const bytes = [1 + next(32), next(256), next(256), next(256)]
      const prefix = 14 + next(19)
      lines.push(`${bytes.join('.')}/${prefix}`)
      networks.push({ hex: Buffer.from(bytes).toString('hex'), prefix })
    }
  }
  /** The networks by their size and first bits: found without a search. */
  const known = new Set(networks.map(({ hex, prefix }) => `${hex.length} ${prefix} ${first(hex, prefix)}`))
  function first(hex: string, prefix: number): string {
    return (BigInt(`0x${hex}`) >> BigInt(4 * hex.length - prefix)).toString(16)
  }
  const isIn = (hex: string): boolean =>
    Array.from({ length: 4 * hex.length + 1 }, (_, prefix) => `${hex.length} ${prefix} ${first(hex, prefix)}`).some((key) => known.has(key))

  const some = telling(`src host in @"${file('networks', lines.join('\n'))}"`)
  const all = telling(`src host in [@"${path.join(folder, 'networks')}", 0.0.0.0/0, ::/0]`)
  let inside = 0
  for (let i = 0; i < 4000; i++) {
    const hex =
      i % 2 === 0 ? networks[next(networks.length)].hex : Buffer.from([1 + next(40), next(256), next(256), next(256)]).toString('hex')
    const src_addr = i % 4 === 2 && hex.length === 32 ? `${hex.slice(0, 12)}${'f'.repeat(20)}` : hex
    if (isIn(src_addr)) inside++
    assert.equal(some({ src_addr }), isIn(src_addr), src_addr)
    assert.equal(all({ src_addr }), true, src_addr)
  }
  assert.ok(inside > 2000 && inside < 3999, `${inside} in a network`)
  // absent, and no address
  assert.equal(all({}), false)
  assert.equal(all({ src_addr: '0a0000' }), false)
  assert.equal(all({ dst_addr: '0a000001' }), false)
})

test('services of several ports; one that is no service', () => {
  const x11 = telling('port x11')
  assert.deepEqual(
    [5999, 6000, 6063, 6064].map((dst_port) => x11({ dst_port })),
    [false, true, true, false]
  )
  const alternatives = telling('dst port in [http-alt, SSH]')
  assert.deepEqual(
    [22, 80, 591, 8008, 8080].map((dst_port) => alternatives({ dst_port })),
    [true, false, true, true, true]
  )
  assert.equal(telling('port != x11')({ dst_port: 6001 }), false)
  assert.match(mistake('port > http-alt').message, /one value/)
  assert.match(mistake('port htps').message, /service; nearest: .*https/)
})

test('a sample, which ends as it starts, has no rate', () => {
  const sample: FlowSpec = { type: 1, bytes: 1500n, packets: 1n, time_flow_start_ns: 5n, time_flow_end_ns: 5n, sampling_rate: 1000n }
  assert.equal(telling('bps > 0')(sample), false)
  assert.equal(telling('bps == 0 and pps 0 and duration 0s and bpp 1500')(sample), true)
})

test('a file of values that is broken: its line and its word', () => {
  for (const [word, content, line, message] of [
    ['host', '10/8\n\n# ours\n10.0.0.0/8 x\n', 4, /'10\.0\.0\.0\/8 x': expected an address/],
    ['host', '10.0.0.256\n', 1, /'10\.0\.0\.256': expected an address/],
    ['host', '10.0.0.0/33', 1, /expected an address/],
    ['host', '010.0.0.1', 1, /expected an address/],
    ['host', '10.0.0.9-10.0.0.1', 1, /ends before it starts/],
    ['port', '80\nhtps # web', 2, /'htps': .*https/],
    ['port', '80\r\n70000\r\n', 2, /65535/],
    ['as', 'AS64500\nAS4294967296', 2, /4294967295/],
    ['country', 'CH\nXQ', 2, /a country/],
    ['bytes', '1k\n5s', 2, /a number/],
    ['duration', '5s', undefined, /a duration/]
  ] as const) {
    const list = file('broken', content)
    const error = mistake(`tcp and ${word} in @"${list}"`)
    assert.match(error.message, message, content)
    if (line !== undefined) assert.ok(error.message.includes(`${list}:${line}:`), error.message)
    assert.ok(error.text.slice(error.at.start, error.at.end).includes(list))
  }
  assert.match(mistake(`host in @"${folder}"`).message, /directory/)
  // a file may have nothing in it, and names of any letters
  assert.equal(telling(`host in @"${file('empty', '# none\n')}"`)({ src_addr: '0a000001' }), false)
  assert.equal(telling(`if in @"${file('names', '\ufeffge-0/0/1\nEthernet 1 # the first\n')}"`)({ in_if_name: 'Ethernet 1' }), true)
})

test('a list is looked for beside the file that names it', () => {
  fs.mkdirSync(path.join(folder, 'lists'), { recursive: true })
  const list = file('lists/ours', '10/8')
  const inner = file('lists/inner', 'src host in @"ours" or dst host in [192.0.2.1, @"../theirs"]')
  file('theirs', '192.0.2.2')
  const outer = file('outer', '@include "lists/inner"')
  for (const text of [`@include "${outer}"`, `@include "${path.relative('.', inner)}"`]) {
    const { written, files } = compileFilter(text, context)
    for (const src_addr of ['0a000001', '0b000001']) assert.equal(telling(text)({ src_addr }), src_addr === '0a000001')
    assert.equal(telling(text)({ dst_addr: 'c0000202' }), true)
    assert.deepEqual(
      files.map((one) => path.resolve(one.path)),
      [list, path.join(folder, 'theirs')]
    )
    // what is written means the same in the current folder
    assert.equal(compileFilter(written, context).written, written)
  }
  const { files } = compileFilter('host in @"ours"', { ...context, file: inner })
  assert.equal(files[0].path, list)
})

test('files that include one another, by paths of their own folder', () => {
  fs.mkdirSync(path.join(folder, 'more'), { recursive: true })
  file('more/web', 'port 80 or port 443')
  const outer = file('outer', 'tcp and (@include "more/web") # web')
  assert.equal(telling(`@include "${outer}"`)({ proto: 6, dst_port: 443 }), true)
  file('more/a', 'udp or @include "b"')
  file('more/b', 'tcp or\n @include "../more/a"')
  const loop = mistake(`@include "${path.join(folder, 'more/a')}"`)
  assert.match(loop.message, /includes itself/)
  assert.equal(loop.file, path.join(folder, 'more/b'))
  // twice is no loop
  assert.equal(telling(`@include "${outer}" and @include "${outer}"`)({ proto: 6, dst_port: 443 }), true)
  file('more/c', 'tcp or @include "none"')
  const missing = mistake(`@include "${path.join(folder, 'more/c')}"`)
  assert.match(missing.message, /cannot read none: no such file/)
  assert.equal(missing.file, path.join(folder, 'more/c'))
})

test('units where they do not belong, and numbers that are none', () => {
  for (const [text, word] of [
    ['as 5k', '5k'],
    ['if 5s', '5s'],
    ['bytes > 1.5', '1.5'],
    ['bytes > 0.0001k', '0.0001k'],
    ['bytes > -1', '-1'],
    ['bytes > 1e6', '1e6'],
    ['bytes > 18446744073709551616', '18446744073709551616'],
    ['duration > 1k', '1k'],
    ['bps > 5s', '5s'],
    ['received > 5k', '5k'],
    ['start > yesterday', 'yesterday'],
    ['end < 2026-13-01', '2026-13-01'],
    ['packets > 1Kb', '1Kb'],
    ['proto 256', '256'],
    ['dscp 64', '64'],
    ['vlan ten', 'ten']
  ]) {
    const error = mistake(text)
    assert.equal(text.slice(error.at.start, error.at.end), word, `${text}: ${error.message}`)
    assert.match(error.message, /expected|more than/, text)
  }
})
