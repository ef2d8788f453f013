import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import { once } from 'node:events'
import test from 'node:test'
import { runTool } from '../support/tools.js'
import { listen, numbered, send, summaryIn, withoutIpv6 } from './listener.js'

const LOOPBACK = Buffer.from([127, 0, 0, 1])
const LOOPBACK6 = Buffer.from('00000000000000000000000000000001', 'hex')

test('a datagram comes out with its payload, where it came from and went to, and when', async (t) => {
  const flowListen = await listen(t, 'netflow://127.0.0.1:0')
  const before = Date.now()
  const from = await send(flowListen.ports[0], [Buffer.from('hello')])
  await flowListen.until(1)
  const [{ time_received_ns: time, ...rest }] = flowListen.received
  assert.deepEqual(rest, {
    payload: Buffer.from('hello'),
    src_addr: LOOPBACK,
    src_port: from,
    dst_addr: LOOPBACK,
    dst_port: flowListen.ports[0],
    connection: 0n
  })
  const ms = Number(time / 1_000_000n)
  assert.ok(ms >= before - 1 && ms <= Date.now() + 1, `${ms}`)
  const { code, stderr } = await flowListen.stop()
  assert.equal(code, 0)
  assert.deepEqual(summaryIn(stderr), { received: 1, written: 1, queueFull: 0, notAllowed: 0, kernel: 0 })
  assert.match(stderr, /new exporter 127\.0\.0\.1 \(no protocol that is known\)/)
  assert.equal(stderr.split('\n').length, 4, stderr) // listening, the exporter, and the last line
})

test('without a host both families come in, IPv4 sources as 4 bytes', { skip: withoutIpv6 }, async (t) => {
  const flowListen = await listen(t, 'flow://:0')
  await send(flowListen.ports[0], [Buffer.from('four')])
  await send(flowListen.ports[0], [Buffer.from('six')], '::1')
  await flowListen.until(2)
  const seen = flowListen.received.map(({ payload, src_addr, dst_addr }) => ({ payload: payload.toString(), src_addr, dst_addr }))
  assert.deepEqual(seen, [
    { payload: 'four', src_addr: LOOPBACK, dst_addr: Buffer.alloc(0) },
    { payload: 'six', src_addr: LOOPBACK6, dst_addr: Buffer.alloc(0) }
  ])
})

test('an IPv6 address and a name to listen on', { skip: withoutIpv6 }, async (t) => {
  const flowListen = await listen(t, 'flow://[::1]:0,sflow://[::ffff:127.0.0.1]:0,ipfix://localhost:0')
  await send(flowListen.ports[0], [Buffer.from('a')], '::1')
  await flowListen.until(1)
  await send(flowListen.ports[1], [Buffer.from('b')])
  await flowListen.until(2)
  assert.deepEqual(
    flowListen.received.map(({ dst_addr }) => dst_addr),
    [LOOPBACK6, LOOPBACK]
  )
  assert.match(flowListen.stderr(), /listening on (127\.0\.0\.1|\[::1\]):\d+ for ipfix/)
})

for (const query of ['', '?count=2', '?blocking=true']) {
  test(`datagrams of any size come through whole${query === '' ? '' : `, with ${query}`}`, async (t) => {
    const sizes = [0, 1, 2, 126, 127, 128, 1400, 1472, 9000, 16_250, 16_384, 65_506, 65_507]
    const flowListen = await listen(t, `flow://:0${query}`)
    for (const [i, size] of sizes.entries()) {
      await send(flowListen.ports[0], [Buffer.alloc(size, i)])
      await flowListen.until(i + 1)
    }
    assert.deepEqual(
      flowListen.received.map(({ payload }) => payload),
      sizes.map((size, i) => Buffer.alloc(size, i))
    )
    assert.equal((await flowListen.stop()).code, 0)
  })
}

test('several listeners share a stream', async (t) => {
  const flowListen = await listen(t, 'sflow://127.0.0.1:0,netflow://127.0.0.1:0')
  for (const port of flowListen.ports) await send(port, numbered(50))
  await flowListen.until(100)
  for (const port of flowListen.ports) assert.equal(flowListen.received.filter(({ dst_port }) => dst_port === port).length, 50)
})

test('what the kernel has when SIGTERM or SIGINT comes is still read and written', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    for (const query of ['', '?count=2']) {
      const flowListen = await listen(t, `flow://127.0.0.1:0${query}`)
      flowListen.child.kill('SIGSTOP')
      await send(flowListen.ports[0], numbered(60))
      flowListen.child.kill('SIGCONT')
      const { code, stderr } = await flowListen.stop(signal)
      assert.equal(code, 0)
      assert.equal(flowListen.received.length, 60)
      assert.equal(summaryIn(stderr).written, 60)
    }
  }
})

test('only exporters that -allow lists come through, the others are counted', async (t) => {
  const flowListen = await listen(t, 'flow://:0', '-allow', '127.0.0.2,192.0.2.0/24')
  await send(flowListen.ports[0], numbered(5))
  await send(flowListen.ports[0], [Buffer.from('allowed')], '127.0.0.1', '127.0.0.2')
  await flowListen.until(1)
  const { stderr } = await flowListen.stop()
  assert.deepEqual(
    flowListen.received.map(({ payload }) => payload.toString()),
    ['allowed']
  )
  const { received, written, notAllowed } = summaryIn(stderr)
  assert.deepEqual({ received, written, notAllowed }, { received: 6, written: 1, notAllowed: 5 })
})

test('a reader that goes away ends it with exit 0 and no line', async (t) => {
  for (const query of ['', '?blocking=true&count=2']) {
    const flowListen = await listen(t, `flow://127.0.0.1:0${query}`)
    const before = flowListen.stderr()
    flowListen.child.stdout!.destroy()
    const ended = once(flowListen.child, 'close')
    const sending = setInterval(() => void send(flowListen.ports[0], numbered(1)), 20)
    const [code] = (await ended) as [number]
    clearInterval(sending)
    assert.equal(code, 0)
    // the exporter was heard of before its datagrams could go anywhere
    assert.equal(flowListen.stderr().replace(/flow-listen: new exporter .*\n/, ''), before)
  }
})

test('a port in use is named, with exit 69', async (t) => {
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => socket.close())
  const { port } = socket.address()
  for (const [host, query] of [
    ['127.0.0.1', ''],
    ['', ''],
    ['127.0.0.1', '?count=3'],
    ['127.0.0.1', '?blocking=true']
  ]) {
    const { code, stderr, stdout } = await runTool('flow-listen', ['-listen', `netflow://${host}:${port}${query}`])
    assert.equal(code, 69, stderr)
    assert.match(stderr, new RegExp(`^flow-listen: cannot listen on UDP \\S+:${port}: address already in use; .*\n$`))
    assert.equal(stdout.length, 0)
  }
})

test('a second flow-listen on a port that threads share is refused', async (t) => {
  const first = await listen(t, 'flow://127.0.0.1:0?count=2')
  const { code } = await runTool('flow-listen', ['-listen', `flow://127.0.0.1:${first.ports[0]}?count=2`])
  assert.equal(code, 69)
})

test('an address that is not ours, and a name that is none: exit 69', async () => {
  for (const [uri, message] of [
    ['flow://192.0.2.1:0', /192\.0\.2\.1:0.*no such address on this machine/],
    ['flow://no-such-host.invalid:0', /no-such-host\.invalid/]
  ] as const) {
    const { code, stderr } = await runTool('flow-listen', ['-listen', uri])
    assert.equal(code, 69, stderr)
    assert.match(stderr, message)
    assert.equal(stderr.split('\n').length, 2, stderr)
  }
})

test('a wrong command line costs one line and exit 64', async () => {
  for (const [args, message] of [
    [['-listen', 'foo://:2055'], /'foo'.*sflow, netflow, ipfix, flow/],
    [['-listen', 'flow://:2055?threads=2'], /'threads'.*count/],
    [['-allow', '10.0.0.0/40'], /'10\.0\.0\.0\/40'.*10\.0\.0\.0\/8/],
    [['-lisen', 'flow://:1'], /-listen/],
    [['netflow://:2055'], /: -listen netflow:\/\/:2055$/m],
    [[':2055'], /: -listen netflow:\/\/:2055$/m],
    [['2055'], /: -listen netflow:\/\/:2055$/m],
    [['now'], /operands|arguments/]
  ] as const) {
    const { code, stderr } = await runTool('flow-listen', args)
    assert.equal(code, 64, stderr)
    assert.match(stderr, message)
    assert.equal(stderr.split('\n').length, 2, stderr)
  }
})

test('what the kernel grants of rcvbuf is told', async (t) => {
  const { stderr } = await (await listen(t, 'flow://:0?rcvbuf=100000')).stop()
  assert.match(stderr, /listening on \S+ for flow \(rcvbuf=100000\)/)
  const greedy = await (await listen(t, 'flow://:0?rcvbuf=2147483647')).stop()
  assert.match(greedy.stderr, /warning: .*rcvbuf=2147483647: the kernel granted \d+ bytes/)
})

test('metrics count by listener and cause', async (t) => {
  const flowListen = await listen(t, 'netflow://127.0.0.1:0,sflow://127.0.0.1:0?count=2', '-allow', '127.0.0.2', '-addr', '127.0.0.1:0')
  const [netflow, sflow] = flowListen.ports
  await send(netflow, numbered(3, 100))
  await send(sflow, numbered(2, 1000), '127.0.0.1', '127.0.0.2')
  await flowListen.until(2)
  await flowListen.says(/metrics at/)
  const address = /metrics at (\S+)/.exec(flowListen.stderr())![1]
  const text = await (await fetch(address)).text()
  const value = (name: string, listener: string, more = ''): number =>
    Number(new RegExp(`^flow_listen_${name}\\{listener="${listener}"${more}\\} (\\d+)$`, 'm').exec(text)?.[1])
  const [name, other] = [`netflow://127.0.0.1:${netflow}`, `sflow://127.0.0.1:${sflow}`]
  assert.deepEqual([value('datagrams_total', name), value('datagrams_total', other)], [3, 2], text)
  assert.deepEqual([value('bytes_total', name), value('bytes_total', other)], [300, 2000])
  assert.deepEqual([value('written_datagrams_total', name), value('written_datagrams_total', other)], [0, 2])
  assert.equal(value('dropped_total', name, ',cause="not_allowed"'), 3)
  assert.equal(value('dropped_total', name, ',cause="queue_full"'), 0)
  assert.equal(value('dropped_total', other, ',cause="kernel"'), 0)
  assert.deepEqual([value('queue_datagrams', other), value('queue_bytes', other)], [0, 0])
  assert.ok(value('receive_buffer_bytes', other) > 0)
  // by exporter: those that are allowed
  assert.deepEqual(text.match(/^flow_listen_exporter_datagrams_total.*$/gm), [
    'flow_listen_exporter_datagrams_total{exporter="127.0.0.2"} 2'
  ])
  assert.equal(await (await fetch(address.replace('/metrics', '/__health'))).text(), 'ok\n')
})
