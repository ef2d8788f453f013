import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after, type TestContext } from 'node:test'
import { textWidth } from '../../src/table/width.js'
import { flow } from '../format/support.js'
import { openTerminal, type Terminal, withoutTmux } from '../support/terminal.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-table-'))
after(() => {
  fs.rmSync(folder, { recursive: true })
})

const START = 1_700_000_000_123_456_789n
const LONG = [Buffer.from('20010db8deadbeef0123456789abcdef', 'hex'), Buffer.from('20010db8ffff0001fedcba9876543210', 'hex')]

const flowOf = (values: Record<string, unknown> = {}): Buffer =>
  flow({
    time_flow_start_ns: START,
    time_flow_end_ns: START + 1_500_000_000n,
    proto: 6,
    tcp_flags: 0x1b,
    src_addr: Buffer.from([192, 0, 2, 1]),
    dst_addr: Buffer.from([198, 51, 100, 2]),
    src_port: 443,
    dst_port: 54_321,
    packets: 12n,
    bytes: 1_234_567n,
    in_if: 5,
    out_if: 7,
    sampler_address: Buffer.from([203, 0, 113, 9]),
    ...values
  })

let files = 0
function fileOf(...flows: Buffer[]): string {
  const file = path.join(folder, `${files++}.bin`)
  fs.writeFileSync(file, Buffer.concat(flows))
  return file
}

function open(t: TestContext, columns: number, command: string, env: Record<string, string> = {}): Terminal {
  const terminal = openTerminal(columns, 24, command, env)
  t.after(() => {
    terminal.close()
  })
  return terminal
}

const SUMMARY = /flows? in, /

/** The table that a terminal of so many columns shows of a stream. */
async function shown(t: TestContext, columns: number, file: string, args = ''): Promise<string[]> {
  const terminal = open(t, columns, `flow-format -format table ${args} < ${file}`)
  const lines = await terminal.until('the summary', (screen) => SUMMARY.test(screen.join('')))
  return lines.slice(
    0,
    lines.findIndex((line) => line.startsWith('flow-format:'))
  )
}

test('two long IPv6 addresses with ports at 80 columns: cut in the middle, no number is', { skip: withoutTmux }, async (t) => {
  const lines = await shown(t, 80, fileOf(flowOf({ src_addr: LONG[0], dst_addr: LONG[1], src_port: 65_535 })))
  assert.equal(lines.length, 2)
  assert.match(lines[0], /^start \(UTC\) +proto +src +dst +pkts bytes$/)
  assert.match(lines[1], /^2023-11-14 22:13:20\.123 TCP +\[2001:?…[0-9a-f:]*def\]:65535 \[2001:?…[0-9a-f:]*210\]:54321 +12 1\.23M$/)
  for (const line of lines) assert.ok(line.length <= 80, line)
})

test('columns go in their order where there is no room', { skip: withoutTmux }, async (t) => {
  const file = fileOf(flowOf())
  const order = ['exporter', 'out_if', 'in_if', 'flags', 'duration']
  const seen = new Set<string>()
  for (const columns of [150, 112, 100, 94, 88, 80]) {
    const [header] = await shown(t, columns, file)
    const gone = order.filter((name) => !header.replace('secs', 'duration').split(/ +/).includes(name))
    assert.deepEqual(gone, order.slice(0, gone.length), header)
    seen.add(gone.join())
  }
  assert.ok(seen.size >= 4, [...seen].join(' | '))
})

test('chosen columns stay; what does not fit is said in one line', { skip: withoutTmux }, async (t) => {
  const file = fileOf(flowOf(), flowOf())
  const terminal = open(t, 20, `flow-format -format table -fields start,bytes,exporter < ${file}`)
  const lines = await terminal.until('the summary', (screen) => SUMMARY.test(screen.join('')))
  const text = lines.join('').replaceAll(/\s+/g, ' ')
  assert.equal(text.match(/columns wide and the terminal/g)?.length, 1, text)
  assert.equal(lines.join('').match(/1\.23M/g)?.length, 2, 'nothing is lost')
})

test('names from the network are escapes, wide characters count as two', { skip: withoutTmux }, async (t) => {
  const file = fileOf(
    flowOf({ in_if_name: 'xe\x1b[31m\n', out_if_name: 'インタ', exporter_name: 'x' }),
    flowOf({ in_if_name: 'e\u0301té 👍', out_if_name: 'plain' }),
    flowOf({ in_if_name: 'a\u202eb\u200dc', out_if_name: '\u009b2J' })
  )
  const lines = await shown(t, 180, file, '-fields in_if,out_if,bytes')
  assert.deepEqual(lines, [
    'in_if            out_if  bytes',
    'xe\\x1b[31m\\n     インタ  1.23M',
    'e\u0301té 👍           plain   1.23M',
    'a\\u202eb\\u200dc  \\x9b2J  1.23M'
  ])
  assert.equal(new Set(lines.map(textWidth)).size, 1)
})

test('a flow a second appears while its source goes on', { skip: withoutTmux }, async (t) => {
  const file = fileOf(flowOf())
  const terminal = open(t, 100, `{ for i in 1 2 3; do cat ${file}; sleep 1; done; sleep 60; } | flow-format -format table`)
  const lines = await terminal.until('three rows', (screen) => screen.length === 4)
  assert.match(lines[0], /^start/)
})

test('a resize between rows is harmless, and columns come back', { skip: withoutTmux }, async (t) => {
  const file = fileOf(flowOf())
  const more = path.join(folder, 'resized')
  const terminal = open(
    t,
    80,
    `{ cat ${file}; until test -e ${more}; do sleep 0.1; done; cat ${file}; sleep 60; } | flow-format -format table`
  )
  await terminal.until('the first row', (screen) => screen.length === 2)
  terminal.resize(160, 24)
  fs.writeFileSync(more, '')
  const lines = await terminal.until('a row of all columns', (screen) => screen.at(-1)?.includes('203.0.113.9') ?? false)
  assert.match(lines.at(-2)!, /exporter$/)
  assert.equal(lines.length, 4)
})

test('JSON is in colour on a terminal, and not where NO_COLOR is set', { skip: withoutTmux }, async (t) => {
  const command = `flow-format < ${fileOf(flowOf())}`
  const terminal = open(t, 200, command)
  await terminal.until('the summary', (screen) => SUMMARY.test(screen.join('')))
  assert.match(terminal.colours(), /\x1b\[34m"bytes"/)
  const plain = open(t, 200, command, { NO_COLOR: '1' })
  await plain.until('the summary', (screen) => SUMMARY.test(screen.join('')))
  assert.doesNotMatch(plain.colours(), /\x1b\[3/)
  assert.deepEqual(plain.screen().slice(0, -1), terminal.screen().slice(0, -1))
})
