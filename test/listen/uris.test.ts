import assert from 'node:assert/strict'
import test from 'node:test'
import { type ListenUri, nameOf, parseListenUris } from '../../src/listen/uris.js'

const USUAL = { count: 1, blocking: false, queueSize: 1_000_000, queueBytes: 256 * 1024 * 1024, rcvbuf: undefined }

test('schemes have their usual ports, and no host is all addresses', () => {
  const listeners = parseListenUris('sflow://,netflow://, ipfix://')
  assert.deepEqual(
    listeners,
    [
      ['sflow', 6343],
      ['netflow', 2055],
      ['ipfix', 4739]
    ].map(([scheme, port]) => ({ scheme, host: '', port, ...USUAL }))
  )
  assert.equal(parseListenUris('flow://')[0].port, 2055)
})

test('hosts are IPv4, IPv6 in brackets, and names', () => {
  const hosts = parseListenUris('flow://192.0.2.1:1,flow://[2001:db8::1]:2/,flow://collector.example:3,flow://:4,flow://[fe80::1%eth0]')
  assert.deepEqual(
    hosts.map(({ host, port }) => [host, port]),
    [
      ['192.0.2.1', 1],
      ['2001:db8::1', 2],
      ['collector.example', 3],
      ['', 4],
      ['fe80::1%eth0', 2055]
    ]
  )
  assert.deepEqual(
    hosts.map((listener) => nameOf(listener)),
    ['flow://192.0.2.1:1', 'flow://[2001:db8::1]:2', 'flow://collector.example:3', 'flow://:4', 'flow://[fe80::1%eth0]:2055']
  )
})

test('the query has the settings', () => {
  const [listener] = parseListenUris(
    'netflow://:2055?count=4&workers=8&blocking=false&queue_size=5000&queue_bytes=3000000000&rcvbuf=1048576'
  )
  assert.deepEqual(listener, {
    scheme: 'netflow',
    host: '',
    port: 2055,
    count: 4,
    blocking: false,
    queueSize: 5000,
    queueBytes: 3_000_000_000,
    rcvbuf: 1_048_576
  } satisfies ListenUri)
})

test('a blocking listener holds little unless it is told to', () => {
  const [blocking, told] = parseListenUris('flow://:1?blocking=true,flow://:2?blocking=1&queue_bytes=5000000')
  assert.ok(blocking.blocking && blocking.queueBytes <= 4 * 1024 * 1024)
  assert.equal(told.queueBytes, 5_000_000)
})

test('descriptors are numbers, or all that were handed over', (t) => {
  t.after(() => delete process.env.LISTEN_FDS)
  process.env.LISTEN_FDS = '2'
  const names = (word: string): string[] => parseListenUris(word).map((listener) => nameOf(listener))
  assert.deepEqual(names('fd://,fd+tcp://5'), ['fd://3', 'fd://4', 'fd+tcp://5'])
  assert.deepEqual(parseListenUris('fd://7?rcvbuf=5')[0], { scheme: 'fd', host: '', port: 0, fd: 7, ...USUAL, rcvbuf: 5 })
})

test('a second -listen adds to the first', () => {
  assert.deepEqual(parseListenUris('flow://:2', parseListenUris('flow://:1')), parseListenUris('flow://:1,flow://:2'))
})

test('what cannot be is refused with what would do', () => {
  const refusals: [string, RegExp][] = [
    ['nflow://:2055', /'nflow'.*sflow, netflow, ipfix, flow/],
    ['', /is no listener.*netflow:\/\/:2055/],
    ['2055', /is no listener: -listen netflow:\/\/:2055/],
    [':6343', /is no listener: -listen sflow:\/\/:6343/],
    ['flow://::1:2055', /is no listener.*sflow:\/\/\[::1\]:6343/],
    ['flow://[::1]x:2055', /is no listener/],
    ['flow://host/path', /is no listener/],
    ['flow://user@[::1]:2', /is no listener/],
    ['flow://[10.0.0.1]:2055', /'10.0.0.1'.*no IPv6/],
    ['flow://:65536', /port.*'65536'.*0 to 65535/],
    ['flow://:http', /port.*'http'.*0 to 65535/],
    ['flow://:-1', /port.*'-1'/],
    ['flow://:2055?sockets=2', /'sockets'.*count, workers, blocking, queue_size, queue_bytes, rcvbuf/],
    ['flow://:2055?constructor=2', /'constructor'.*count/],
    ['flow://:2055?count=0', /count.*'0'.*1 to/],
    ['flow://:2055?count=', /count.*''/],
    ['flow://:2055?count=2.5', /count.*'2.5'/],
    ['flow://:2055?queue_size=1e6', /queue_size.*'1e6'/],
    ['flow://:2055?rcvbuf=99999999999', /rcvbuf.*'99999999999'/],
    ['flow://:2055?blocking=maybe', /blocking.*'maybe'.*true or false/],
    ['fd://2', /'2' in fd:\/\/2 is no descriptor.*from 3 on/],
    ['fd://three', /'three'.*is no descriptor/],
    ['fd://3:2055', /fd:\/\/3:2055 has a port/],
    ['fd://3?count=2', /'count'.*blocking/],
    ['fd://3,fd://3', /the same port/],
    ['fd+tls://3', /needs cert=FILE and key=FILE/],
    ['flow://:2055,netflow://', /flow:\/\/:2055 and netflow:\/\/:2055 are the same port/]
  ]
  for (const [uri, message] of refusals) assert.throws(() => parseListenUris(uri), { message }, uri)
})

test('several listeners may leave the port to the kernel', () => {
  assert.equal(parseListenUris('flow://:0,flow://:0').length, 2)
})
