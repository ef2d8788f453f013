import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { writeVarint32 } from '../../src/flow/varint.js'
import { layoutOf } from '../../src/table/layout.js'
import { siText } from '../../src/table/si.js'
import { cutMiddle, shownText, textWidth, writeShown } from '../../src/table/width.js'
import { encode, flow, frame } from '../format/support.js'
import { runTool } from '../support/tools.js'

const FACTORS = 'kMGTPEZYRQ'

test('numbers with SI factors: five characters, three digits, whole to 9999', () => {
  const number = fc.oneof(
    fc.nat(),
    fc.double({ min: 0, max: 1e33, noNaN: true }),
    fc
      .tuple(fc.integer({ min: 0, max: 32 }), fc.constantFrom(0.9994, 0.9995, 0.99951, 0.995, 1, 1.0005))
      .map(([power, factor]) => 10 ** power * factor)
  )
  fc.assert(
    fc.property(number, (value) => {
      const text = siText(value)
      const match = /^(\d+(?:\.\d+)?)([kMGTPEZYRQ]?)$/.exec(text)
      assert.ok(match !== null && text.length <= 5, `${value}: ${text}`)
      const read = Number(match[1]) * 1000 ** (match[2] === '' ? 0 : FACTORS.indexOf(match[2]) + 1)
      assert.ok(Math.abs(read - value) <= Math.max(0.0005, 0.00501 * value), `${value}: ${text}`)
      if (Number.isInteger(value) && value <= 9999) assert.equal(text, String(value))
    }),
    { numRuns: 5000 }
  )
  assert.deepEqual([0.017, 1.5, 999.6, 9999.6, 12_345, 999_950, 1e6, 2 ** 64].map(siText), [
    '0.017',
    '1.50',
    '1000',
    '10.0k',
    '12.3k',
    '1.00M',
    '1.00M',
    '18.4E'
  ])
})

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('a', 'é', 'e\u0301', '日', '👍', '\x1b', '\u202e', '\u200d', '\ufe0f', '한', '\n'), { maxLength: 12 })
    .map((parts) => parts.join(''))
)

test('nothing that a terminal acts on gets through, and nothing else is lost', () => {
  fc.assert(
    fc.property(text, (value) => {
      const shown = shownText(value)
      assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufe00-\ufe0f]/u)
      const back = shown.replace(/\\(?:([nrt])|x(..)|u(?:\{(\w+)\}|(....)))/g, (_, letter?: string, ...hex: (string | undefined)[]) =>
        letter === undefined ? String.fromCodePoint(parseInt(hex.slice(0, 3).join(''), 16)) : { n: '\n', r: '\r', t: '\t' }[letter]!
      )
      if (!value.includes('\\')) assert.equal(back, value.replace(/[\ufe00-\ufe0f]/g, ''))
      const bytes = Buffer.from(value)
      const out = Buffer.alloc(8 + 4 * bytes.length)
      assert.equal(
        out.toString('utf8', 0, writeShown(new DataView(out.buffer, out.byteOffset, out.length), 0, bytes, 0, bytes.length)),
        shown
      )
    }),
    { numRuns: 3000 }
  )
})

test('a text that is cut keeps its ends, and takes no more than it may', () => {
  fc.assert(
    fc.property(text.map(shownText), fc.integer({ min: 1, max: 20 }), (value, width) => {
      const cut = cutMiddle(value, width)
      assert.ok(textWidth(cut) <= width, `${cut} in ${width}`)
      if (textWidth(value) <= width) return assert.equal(cut, value)
      const at = cut.indexOf('…')
      assert.ok(value.startsWith(cut.slice(0, at)) && value.endsWith(cut.slice(at + 1)), cut)
    }),
    { numRuns: 3000 }
  )
  assert.equal(cutMiddle('[2001:db8::1234:5678]:65535', 16, 7), '[200…5678]:65535')
})

test('a layout fits where the least of its columns does', () => {
  const shape = fc.record({
    header: fc.string({ minLength: 1, maxLength: 8 }).map((header) => header.replace(/[^\x20-\x7e]/g, 'x')),
    right: fc.boolean(),
    goes: fc.constantFrom(0, 0, 1, 2),
    least: fc.constantFrom(0, 3, 9)
  })
  fc.assert(
    fc.property(fc.array(fc.tuple(shape, fc.nat(30)), { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 120 }), (all, room) => {
      const shapes = all.map(([one]) => ({ ...one, short: one.header.slice(0, 1) }))
      const widths = all.map(([, width]) => width)
      const layout = layoutOf(shapes, widths, room)
      const kept = shapes.map(({ goes }, i) => ({ goes, i })).filter(({ goes }) => goes === 0)
      const least = kept.map(({ i }) => (shapes[i].least > 0 ? Math.min(shapes[i].least, Math.max(1, widths[i])) : Math.max(1, widths[i])))
      const need = least.reduce((sum, width) => sum + width, Math.max(0, kept.length - 1))
      if (need <= room) assert.ok(layout.width <= room, JSON.stringify(layout))
      for (const { i } of kept) assert.ok(layout.places.some(({ column }) => column === i))
      for (const { column, width } of layout.places) {
        if (shapes[column].least === 0) assert.ok(width >= widths[column], 'a number is never cut')
        else assert.ok(width >= Math.min(widths[column], shapes[column].least))
      }
    }),
    { numRuns: 3000 }
  )
})

test('in a pipe nothing is cut: every cell under its header, as JSON has the value', async () => {
  const fields = ['src_addr', 'bytes', 'packets', 'src_as', 'src_port', 'as_path', 'next_hop', 'scaled_bytes']
  const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
  const address = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  const one = fc.record(
    {
      src_addr: address,
      bytes: u64,
      packets: u64,
      src_as: fc.nat(),
      src_port: fc.nat(65_535),
      as_path: fc.array(fc.nat(), { maxLength: 5 }),
      next_hop: address
    },
    { requiredKeys: [] }
  )
  const flows = fc.sample(one, 400)
  const input = Buffer.concat(flows.map(flow))
  const table = (await runTool('flow-format', ['-format', 'table', '-exact', '-fields', fields.join()], input)).stdout.toString()
  const json = (await runTool('flow-format', ['-format', 'text', '-fields', fields.join()], input)).stdout.toString()
  const [header, ...rows] = table.trimEnd().split('\n')
  const expected = json.trimEnd().split('\n')
  assert.equal(rows.length, expected.length)
  const names = header.split(/ {2,}/).filter((name) => name !== '')
  assert.deepEqual(names, fields)
  // the borders between columns are where all lines have two blanks
  const width = Math.max(...rows.map((row) => row.length), header.length)
  const lines = [header, ...rows].map((line) => line.padEnd(width))
  const isBorder = Array.from({ length: width }, (_, at) => lines.every((line) => line.slice(at, at + 2) === '  '))
  const cuts = [0, ...isBorder.flatMap((border, at) => (border ? [at] : [])), width]
  lines.slice(1).forEach((line, i) => {
    const cells = cuts.slice(1).map((to, c) => line.slice(cuts[c], to).trim())
    assert.deepEqual(
      cells,
      expected[i].split(' ').map((pair) => pair.slice(pair.indexOf('=') + 1).replaceAll(/[[\]"]/g, ''))
    )
  })
})

test('a cell wider than its column moves the row only until there are blanks', async () => {
  const rows = [
    ...Array.from({ length: 600 }, (_, i) => ({ bytes: BigInt(i), in_if_name: 'eth0', src_port: i })),
    { bytes: 7n, in_if_name: 'a long name', src_port: 9 }
  ]
  const { stdout } = await runTool('flow-format', ['-format', 'table', '-fields', 'in_if,bytes,src_port'], Buffer.concat(rows.map(flow)))
  const lines = stdout.toString().trimEnd().split('\n')
  assert.equal(lines[0], 'in_if  bytes  src_port')
  assert.equal(lines[1], 'eth0       0         0')
  assert.equal(lines.at(-1), 'a long name  7       9')
  assert.equal(lines.length, 602)
})

test('a flow of zeros, a flow of nothing known, what is no protobuf', async () => {
  const { code, stdout, stderr } = await runTool(
    'flow-format',
    ['-format', 'table'],
    Buffer.concat([
      flow({ sequence_num: 1 }),
      frame(Buffer.from([0x0a, 0x05, 0x01])),
      flow({ etype: 0x88cc, bytes: 64n, packets: 1n, in_if: 4 })
    ])
  )
  assert.equal(code, 0)
  assert.match(stderr, /3 flows in, 2 lines out, 1 malformed/)
  const lines = stdout.toString().trimEnd().split('\n')
  assert.equal(lines.length, 3)
  assert.match(lines[1], /^ +0\.000 +0 +0 +0 +0$/)
  assert.match(lines[2], /^ +0\.000 +0x88cc +1 +64 +4 +0$/)
})

test('a message of nearly the most there may be, in a table of all fields and where two columns show its text', async () => {
  const fields = encode({ bytes: 64n, exporter_name: '\x01'.repeat(10_000) })
  const room = 15 * 1024 * 1024 - fields.length
  const unknown = Buffer.alloc(5)
  // field 6000, which nobody has: its bytes make the message long
  const tag = Buffer.from([0x82, 0xf7, 0x02])
  const size = unknown.subarray(0, writeVarint32(unknown, 0, room))
  const long = frame(Buffer.concat([fields, tag, size, Buffer.alloc(room)]))
  for (const columns of ['all', 'exporter,exporter_name,bytes']) {
    const { code, stdout, stderr } = await runTool('flow-format', ['-format', 'table', '-fields', columns], long)
    assert.equal(code, 0, stderr)
    assert.ok(stdout.toString().split('\n')[1].includes('\\x01'.repeat(10_000)))
  }
})

test('no flows, no table', async () => {
  assert.equal((await runTool('flow-format', ['-format', 'table'])).stdout.length, 0)
})

test('times in the zone of the machine', async () => {
  const input = flow({ time_flow_start_ns: 1_700_000_000_123_456_789n, time_flow_end_ns: 1_720_000_000_000_000_000n })
  const table = async (...args: string[]): Promise<string> =>
    (
      await runTool('flow-format', ['-format', 'table', '-fields', 'start,end', ...args], input, { TZ: 'America/St_Johns' })
    ).stdout.toString()
  assert.equal(await table(), 'start (UTC)              end (UTC)\n2023-11-14 22:13:20.123  2024-07-03 09:46:40.000\n')
  assert.equal(
    await table('-tz', 'local', '-exact'),
    'start (local)                  end (local)\n2023-11-14 18:43:20.123456789  2024-07-03 07:16:40.000000000\n'
  )
})

test('options that other formats have no use for, and columns that there are not', async () => {
  for (const args of [
    ['-exact'],
    ['-format', 'csv', '-tz', 'utc'],
    ['-format', 'table', '-fields', 'src_addr:prt'],
    ['-format', 'table', '-tz', 'mars']
  ]) {
    const { code, stderr } = await runTool('flow-format', args, flow({}))
    assert.equal(code, 64, stderr)
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
  }
  assert.match(
    (await runTool('flow-format', ['-format', 'table', '-fields', 'src_addr:prt'])).stderr,
    /unknown field 'src_addr:prt': src_addr:port,/
  )
})

test('aggregates: keys in their order, sums, the share of the total, the rest', async () => {
  const base = {
    time_flow_start_ns: 60_000_000_000n,
    time_flow_end_ns: 120_000_000_000n,
    time_received_ns: 60_000_000_000n,
    total: 10_000n
  }
  const rows = [
    { dst_port: 443, src_addr: Buffer.from([192, 0, 2, 0]), src_net: 24, flows: 3n, packets: 30n, bytes: 7500n, ...base },
    { src_addr: Buffer.from([198, 51, 100, 0]), src_net: 24, flows: 2n, packets: 20n, bytes: 1500n, ...base },
    { flows: 20n, packets: 20n, bytes: 1000n, groups: 17n, ...base }
  ]
  const { stdout } = await runTool('flow-format', ['-format', 'table'], Buffer.concat(rows.map((row) => frame(encode(row)))))
  assert.deepEqual(stdout.toString().trimEnd().split('\n'), [
    'start (UTC)              src_addr         dst_port  flows  packets  bytes    bps    pps  share',
    '1970-01-01 00:01:00.000  192.0.2.0/24          443      3       30   7500   1000  0.500  75.0%',
    '1970-01-01 00:01:00.000  198.51.100.0/24         0      2       20   1500    200  0.333  15.0%',
    '1970-01-01 00:01:00.000  (17 others)                   20       20   1000    133  0.333  10.0%'
  ])
  const share = async (total_of: number): Promise<string> =>
    (await runTool('flow-format', ['-format', 'csv', '-fields', 'share'], flow({ ...rows[0], distinct: 5n, total_of }))).stdout
      .toString()
      .split('\n')[1]
  assert.deepEqual(await Promise.all([0, 1, 2, 3].map(share)), ['0.75', '0.003', '0.0003', '0.0005'])
})
