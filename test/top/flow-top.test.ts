import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after, type TestContext } from 'node:test'
import { flowMessage } from '../../src/flow/proto.js'
import { keyParts } from '../../src/query/by.js'
import { compileFilter } from '../../src/query/filter.js'
import { textWidth } from '../../src/table/width.js'
import { controlsOf } from '../../src/top/controls.js'
import { drilled } from '../../src/top/drill.js'
import { snapshot } from '../../src/top/snapshot.js'
import { liveWindow } from '../../src/top/window.js'
import { flow } from '../format/support.js'
import { openTerminal, type Terminal, withoutTmux } from '../support/terminal.js'
import { ROOT, runTool } from '../support/tools.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-top-'))
after(() => {
  fs.rmSync(folder, { recursive: true })
})

const SECOND = 1_000_000_000n
const START = 1_700_000_000n * SECOND
const EXPORTERS = [Buffer.from([203, 0, 113, 1]), Buffer.from([203, 0, 113, 2])]

/** Flow `i` of some: sources 192.0.2.1 to .30, the first of them the biggest by bytes and the last by packets; ten seconds of time. */
const flowOf = (i: number, values: Record<string, unknown> = {}): Buffer =>
  flow({
    time_received_ns: START + (BigInt(i) * 10n * SECOND) / 300n,
    time_flow_start_ns: START,
    time_flow_end_ns: START + SECOND,
    sampler_address: EXPORTERS[i % 2],
    sampling_rate: 10n,
    src_addr: Buffer.from([192, 0, 2, 1 + (i % 30)]),
    dst_addr: i % 3 === 0 ? Buffer.from('20010db8deadbeef0123456789abcdef', 'hex') : Buffer.from([198, 51, 100, i % 3]),
    proto: 6,
    src_port: 40_000 + (i % 30),
    dst_port: i % 2 === 0 ? 443 : 53,
    src_as: 64_500 + (i % 4),
    dst_as: 64_600,
    src_country: i % 2 === 0 ? 'CH' : 'NO',
    in_if: 1 + (i % 5),
    out_if: 9,
    bytes: BigInt(1000 * (31 - (i % 30))),
    packets: BigInt(1 + (i % 30)),
    ...values
  })
const FLOWS = Buffer.concat(Array.from({ length: 300 }, (_, i) => flowOf(i)))
const file = path.join(folder, 'flows.bin')
fs.writeFileSync(file, FLOWS)

/** A shell in which the tool runs, behind it what stty says before and after. */
function open(t: TestContext, command: string, { columns = 80, rows = 24, env = {} } = {}): Terminal {
  const terminal = openTerminal(
    columns,
    rows,
    `stty -a > ${folder}/before; ${command}; echo "code $?"; stty -a > ${folder}/after; sleep 60`,
    env
  )
  t.after(() => {
    terminal.close()
  })
  return terminal
}

const has =
  (pattern: RegExp) =>
  (screen: string[]): boolean =>
    pattern.test(screen.join('\n'))

/** The terminal is as it was: no raw mode, the shell's screen, the code of the tool. */
async function assertRestored(terminal: Terminal, code: number): Promise<void> {
  const screen = await terminal.until('the exit code', has(/^code \d+$/m))
  assert.match(screen.join('\n'), new RegExp(`^code ${code}$`, 'm'))
  assert.doesNotMatch(screen.join('\n'), /bit\/s/, 'the picture is gone')
  await terminal.until('stty', () => fs.existsSync(`${folder}/after`) && fs.statSync(`${folder}/after`).size > 0)
  // a resize of the terminal is no mode of it
  const modes = (name: string): string => fs.readFileSync(`${folder}/${name}`, 'utf8').replace(/rows \d+; columns \d+;/, '')
  assert.equal(modes('after'), modes('before'))
  fs.rmSync(`${folder}/after`)
}

const rowsOf = (screen: string[]): string[] => screen.filter((line) => /^ *\d+ /.test(line) && line.includes('%'))

test('the last window stays at the end of the input, and q ends it', { skip: withoutTmux }, async (t) => {
  const terminal = open(t, `flow-top < ${file}`)
  const screen = await terminal.until('the end', has(/input ended/))
  assert.match(screen[0], /bit\/s .*packets\/s .*flows\/s .* UTC$/)
  assert.match(screen[1], /^input ended, last 10s of 60s, 2 exporters$/)
  assert.match(screen[3], /^ # {2}src_addr +bit\/s▼ +pkt\/s +flow\/s +share$/)
  // 10 flows of 31,000 bytes each, ten times that by sampling, in 9.97 s
  assert.match(rowsOf(screen)[0], /^ 1 {2}192\.0\.2\.1 +2\.4\dM +[\d.]+ +[\d.]+ +6\.3% {2}█/)
  assert.equal(rowsOf(screen).length, 18)
  assert.match(screen.at(-2)!, /and 12 more/)
  for (const line of screen) assert.ok(textWidth(line) <= 80, line)
  terminal.keys('q')
  await assertRestored(terminal, 0)
})

test('keys choose groups and their order, and go into a group and back', { skip: withoutTmux }, async (t) => {
  const terminal = open(t, `flow-top < ${file}`)
  await terminal.until('the end', has(/input ended/))
  for (const [key, header, first] of [
    ['d', 'dst_addr', /^ 1 +2001:db8:dead:beef:123:4567:89ab:cdef /],
    ['p', 'port', /^ 1 +443 /],
    ['a', 'as_number', /^ 1 +64600 .*100\.0%/],
    ['c', 'country', /^ 1 +- .*100\.0%/],
    ['e', 'sampler_address', /^ 1 +203\.0\.113\.1 /],
    ['i', 'sampler_address +interface', /^ 1 +203\.0\.113\.1 +9 /],
    ['h', 'src_addr +dst_addr', /^ 1 +192\.0\.2\.1 +2001:/],
    ['s', 'src_addr', /^ 1 +192\.0\.2\.1 /]
  ] as const) {
    terminal.keys(key)
    const screen = await terminal.until(
      `groups of ${key}`,
      (lines) => has(new RegExp(`^ # +${header} +bit`, 'm'))(lines) && first.test(rowsOf(lines)[0])
    )
    for (const line of screen) assert.ok(textWidth(line) <= 80, line)
  }
  terminal.keys('k')
  await terminal.until('the order by packets', (lines) => has(/pkt\/s▼/)(lines) && rowsOf(lines)[0].includes('192.0.2.30 '))
  terminal.keys('f')
  await terminal.until('the order by flows', has(/flow\/s▼/))
  terminal.keys('b')
  await terminal.until('the order by bytes', (lines) => rowsOf(lines)[0].includes('192.0.2.1 '))

  terminal.keys('Down', 'Enter')
  const inside = await terminal.until('what is inside', has(/^filter: src host 192\.0\.2\.2$/m))
  assert.deepEqual(
    rowsOf(inside).map((row) => row.split(/ +/)[2]),
    ['198.51.100.1']
  )
  terminal.keys('Enter')
  await terminal.until('deeper', has(/^filter: src host 192\.0\.2\.2 and dst host 198\.51\.100\.1$/m))
  terminal.keys('BSpace', 'BSpace')
  await terminal.until('all of it again', (lines) => !has(/^filter/m)(lines) && rowsOf(lines).length === 18)
  terminal.keys('?')
  await terminal.until('help', has(/h conversations/))
  terminal.keys('x')
  await terminal.until('no help', (lines) => rowsOf(lines).length === 18)
})

test('Enter on any group has a filter that lets as many flows pass as the group has', () => {
  const address = Buffer.from([192, 0, 2, 9])
  const flows = [
    {
      src_addr: address,
      dst_addr: address,
      src_country: 'CH',
      dst_country: 'NO',
      src_network: 'a "b" \\ \t\x1b[2J',
      proto: 124,
      src_net: 24
    },
    { src_addr: address, dst_country: 'CH', dst_network: 'lan', etype: 0x0800, src_mac: 5n, dst_net: 24, sampler_address: address },
    { dst_addr: Buffer.alloc(16, 0x20), src_as: 64_500, dst_port: 443, proto: 58, in_if: 3, src_city: 'Zürich', tcp_flags: 18 },
    { proto: 6 }
  ].map((values) => flow({ time_received_ns: START, bytes: 100n, ...values }).subarray(1))
  const keys =
    'addr addr/24 addr/24:56 port as_number country interface mac network addr_net src_addr dst_addr/24 sampler_address proto etype src_city tcp_flags type'
  for (const by of [...keys.split(' '), 'src_addr,proto']) {
    for (const before of ['', 'any # all of them', 'tcp or not tcp']) {
      const looking = { by: by.split(','), order: 'bytes', filter: before } as const
      const { controls, press } = controlsOf(looking, undefined)
      const live = liveWindow(60_000, controls.grouping, undefined)
      for (const message of flows) live.add(message, 0, message.length)
      const { rows, covered } = snapshot(live, controls.grouping, 60_000, live.now(), 10)
      for (const row of rows) {
        const filter = drilled(before, keyParts(looking.by, 'by'), row.keys)
        const { matches } = compileFilter(filter, { schema: flowMessage, now: 0n })
        const passed = flows.filter((message) => matches(message, 0, message.length)).length
        assert.equal(passed, Math.round((row.fps * covered) / 1000), filter)
      }
      assert.equal(press({ name: 'enter' }, rows), 'regroup', by)
    }
  }
})

test('the filter is edited with its error under it, also while the terminal is resized', { skip: withoutTmux }, async (t) => {
  const terminal = open(t, `flow-top < ${file}`)
  await terminal.until('the end', has(/input ended/))
  terminal.keys('/')
  terminal.keys('src hst 192.0.2.5')
  const wrong = await terminal.until('the error', (lines) => has(/^filter: src hst 192\.0\.2\.5$/m)(lines) && has(/\^/)(lines))
  const [at, caret] = [wrong.findIndex((line) => line.startsWith('filter: src hst')), wrong.findIndex((line) => line.includes('^'))]
  assert.deepEqual([at, caret], [2, 3])
  assert.equal(wrong[caret].indexOf('^'), wrong[at].indexOf('hst'))
  terminal.resize(60, 20)
  await terminal.until(
    'the same at 60 columns',
    (lines) => lines.every((line) => textWidth(line) <= 60) && has(/^filter: src hst 192/m)(lines)
  )
  terminal.keys('Enter') // not with an error
  terminal.resize(100, 30)
  await terminal.until(
    'the same at 100 columns',
    (lines) => has(/^filter: src hst 192/m)(lines) && has(/^ +\^/m)(lines) && lines.length > 25
  )
  terminal.keys(...Array.from('st 192.0.2.5', () => 'BSpace'))
  terminal.keys('ost 192.0.2.5', 'Enter')
  const filtered = await terminal.until('one source', (lines) => rowsOf(lines).length === 1)
  assert.match(filtered.join('\n'), /^filter: src host 192\.0\.2\.5$/m)
  assert.match(rowsOf(filtered)[0], /192\.0\.2\.5 .*100\.0%/)
  terminal.keys('/', 'C-u', 'Enter')
  await terminal.until('all sources', (lines) => rowsOf(lines).length > 20)
  terminal.keys('/', 'x', 'Escape', 'C-c')
  await assertRestored(terminal, 0)
})

test('space stops the picture, while flows come, and lets it go on', { skip: withoutTmux }, async (t) => {
  const fifo = path.join(folder, 'fifo')
  execFileSync('mkfifo', [fifo])
  const terminal = open(t, `flow-top -every 100ms < ${fifo}`)
  const fd = fs.openSync(fifo, 'w')
  fs.writeSync(fd, FLOWS)
  await terminal.until('the flows', (lines) => rowsOf(lines).length === 18)
  terminal.keys('Space')
  await terminal.until('a frozen picture', has(/^frozen, last/m))
  fs.writeSync(fd, flowOf(299, { src_addr: Buffer.from([10, 9, 8, 7]), bytes: 10n ** 9n }))
  // the other keys work on what is there
  terminal.keys('d')
  const frozen = await terminal.until('destinations', has(/^ # +dst_addr/m))
  assert.match(rowsOf(frozen)[0], /2001:db8/)
  terminal.keys('s', 'Space')
  await terminal.until('the new flow', (lines) => rowsOf(lines)[0]?.includes('10.9.8.7'))
  fs.closeSync(fd)
  await terminal.until('the end', has(/^input ended/m))
  terminal.keys('q')
  await assertRestored(terminal, 0)
})

test('a list in a file is read again when it changes, also one of a filter that was typed', { skip: withoutTmux }, async (t) => {
  const list = path.join(folder, 'list')
  const log = path.join(folder, 'log')
  const fifo = path.join(folder, 'flows')
  execFileSync('mkfifo', [fifo])
  fs.writeFileSync(list, '192.0.2.1')
  const terminal = open(t, `flow-top -loglevel debug -every 100ms 'host in @"${list}"' < ${fifo} 2> ${log}`)
  const fd = fs.openSync(fifo, 'w')
  const shows = async (address: string, again: number): Promise<void> => {
    const read = (): number => fs.readFileSync(log, 'utf8').split('was read again').length - 1
    await terminal.until(`${again} readings of the list`, () => read() === again)
    fs.writeSync(fd, FLOWS)
    await terminal.until(address, (lines) => rowsOf(lines).some((line) => line.includes(address)))
  }
  fs.writeSync(fd, FLOWS)
  await terminal.until('the first list', (lines) => rowsOf(lines)[0]?.includes('192.0.2.1 '))
  fs.writeFileSync(list, '192.0.2.20')
  await shows('192.0.2.20', 1)
  terminal.keys('/', 'C-a', 'tcp and ', 'Enter')
  await terminal.until('the other filter', (lines) => lines[2].startsWith('filter: tcp and host') && lines[3].startsWith(' # '))
  fs.writeFileSync(list, '192.0.2.30')
  await shows('192.0.2.30', 2)
  fs.closeSync(fd)
})

test('the terminal is as before after Ctrl-C, SIGTERM, and an error that nobody caught', { skip: withoutTmux }, async (t) => {
  const endings: [string, (terminal: Terminal, pid: number) => void, number, Record<string, string>][] = [
    [
      'Ctrl-C',
      (terminal) => {
        terminal.keys('C-c')
      },
      0,
      {}
    ],
    [
      'SIGTERM',
      (_, pid) => {
        process.kill(pid, 'SIGTERM')
      },
      0,
      {}
    ],
    [
      'SIGINT',
      (_, pid) => {
        process.kill(pid, 'SIGINT')
      },
      0,
      {}
    ],
    [
      'a throw',
      (_, pid) => {
        process.kill(pid, 'SIGUSR2')
      },
      1,
      {
        NODE_OPTIONS: `--import "data:text/javascript,process.on('SIGUSR2',()=>{throw new Error('thrown')})"`
      }
    ]
  ]
  for (const [name, end, code, env] of endings) {
    const terminal = open(t, `set -m; flow-top < ${file} & echo $! > ${folder}/pid; fg`, { env })
    await terminal.until(`a picture before ${name}`, has(/input ended/))
    end(terminal, Number(fs.readFileSync(`${folder}/pid`, 'utf8')))
    await assertRestored(terminal, code)
    terminal.close()
  }
})

test('a source that is killed, and processes before it that end, leave the view and its keys', { skip: withoutTmux }, async (t) => {
  const demo = path.join(ROOT, 'test/fixtures/demo.pcap')
  const terminal = open(t, `{ flow-pcap -speed 1 ${demo} & echo $! > ${folder}/pid; wait; } | flow-decode | flow-top -by proto`)
  await terminal.until('flows', (lines) => rowsOf(lines).length > 0)
  process.kill(Number(fs.readFileSync(`${folder}/pid`, 'utf8')), 'SIGKILL')
  await terminal.until('the end', has(/^input ended/m))
  terminal.keys('f')
  await terminal.until('the order by flows', has(/flow\/s▼/))
  terminal.keys('q')
  await assertRestored(terminal, 0)
})

test('a stream that is broken says so, stays, and gives its exit code', { skip: withoutTmux }, async (t) => {
  const broken = path.join(folder, 'broken.bin')
  fs.writeFileSync(broken, FLOWS.subarray(0, -3))
  const terminal = open(t, `flow-top < ${broken}`)
  await terminal.until('the end', has(/^input broken: the stream ends inside a message/m))
  terminal.keys('q')
  await assertRestored(terminal, 65)
})

test('a terminal that is too small gets a line, and the view when it grows', { skip: withoutTmux }, async (t) => {
  const terminal = open(t, `flow-top < ${file}`, { columns: 20, rows: 10 })
  const screen = await terminal.until('a line', has(/needs 40 columns/))
  assert.equal(screen.length, 1)
  terminal.resize(80, 24)
  await terminal.until('the view', (lines) => rowsOf(lines).length === 18)
  terminal.keys('q')
  await assertRestored(terminal, 0)
})

test('what is no stream of flows is refused on the terminal as it was', { skip: withoutTmux }, async (t) => {
  const terminal = open(t, `flow-top < ${path.join(ROOT, 'test/fixtures/demo.pcap')}`)
  const screen = await terminal.until('the refusal', has(/put flow-pcap in between/))
  assert.doesNotMatch(screen.join('\n'), /bit\/s/)
  await assertRestored(terminal, 65)
})

test('without a terminal for keys it says what would do', { skip: withoutTmux }, async (t) => {
  const terminal = open(t, `script -qec "setsid -w flow-top < ${file}" /dev/null`)
  const screen = await terminal.until('the refusal', has(/-once prints a table/))
  assert.match(screen.join(' '), /no terminal to read keys from/)
})

test('-once, and any stdout that is no terminal, prints one table of the last window', async () => {
  for (const args of [[], ['-once']]) {
    const { code, stdout, stderr } = await runTool('flow-top', [...args, '-by', 'src_addr/24,proto'], FLOWS)
    assert.deepEqual([code, stderr], [0, 'flow-top: 300 flows in\n'])
    assert.match(
      stdout.toString(),
      /^39\.[67]M bit\/s {2}46\d\d packets\/s {2}30\.\d flows\/s\nlast 10s of 60s, 2 exporters\n\n # {2}src_addr {6}proto {2}bit\/s▼ {2}pkt\/s {2}flow\/s {3}share\n 1 {2}192\.0\.2\.0\/24 {2}TCP {5}39\.[67]M {3}46\d\d {4}30\.\d {2}100\.0% {2}█{10}\n$/
    )
  }
})

test('the window is the last of the stream, whatever came before', async () => {
  const old = flowOf(0, { time_received_ns: START - 100n * SECOND, src_addr: Buffer.from([10, 0, 0, 1]), bytes: 10n ** 12n })
  const { stdout } = await runTool('flow-top', ['-window', '20s'], Buffer.concat([old, FLOWS]))
  assert.doesNotMatch(stdout.toString(), /10\.0\.0\.1/)
  assert.match(stdout.toString(), /last 20s, 2 exporters/)
})

test('it tells of flows without a rate, and of flows that last longer than the window', async () => {
  const flows = [flowOf(0, { sampling_rate: 0n }), flowOf(1, { time_flow_start_ns: START - 300n * SECOND }), flowOf(2)]
  const { stdout } = await runTool('flow-top', [], Buffer.concat(flows))
  assert.match(stdout.toString(), /by time of export, 2 exporters, 1 flow without a rate/)
})

test('an expression chooses flows; mistakes cost a line', async () => {
  const { stdout } = await runTool('flow-top', ['src', 'host', '192.0.2.7', 'and', 'tcp'], FLOWS)
  assert.equal(rowsOf(stdout.toString().split('\n')).length, 1)
  for (const [args, message] of [
    [['src', 'hst', '1'], /unknown word 'hst'; nearest: host/],
    [['package.json'], /unknown word 'package\.json'.*; a file goes behind -r: flow-top -r package\.json …/],
    [['-by', 'src_adr'], /unknown field 'src_adr': src_addr/],
    // rates of less than a second would say little
    [['-window', '999ms'], /At least 1s/],
    [['-every', '0'], /At least 100ms/],
    [['-order', 'distinct'], /bytes, packets, flows/]
  ] as const) {
    const { code, stderr } = await runTool('flow-top', [...args], FLOWS)
    assert.equal(code, 64)
    assert.match(stderr, message)
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr)
  }
})
