/** What flow-listen does when its reader is slow or bursts are larger than its queue: nothing is lost that is not counted. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { listen, numbered, peakMemory, type Received, type Running, send, type Summary, summaryIn, withoutProc } from './listener.js'

/** Sends while stdout is not read, then reads all of it. Every frame is whole, each datagram comes at most once and none is out of order. */
async function burst(flowListen: Running, count: number, size: number): Promise<Summary> {
  flowListen.pause()
  await send(flowListen.ports[0], numbered(count, size))
  flowListen.resume()
  const { code, stderr } = await flowListen.stop()
  assert.equal(code, 0)
  const numbers = numbersOf(flowListen.received)
  assert.ok(
    numbers.every((number, i) => i === 0 || number > numbers[i - 1]),
    'in order'
  )
  const summary = summaryIn(stderr)
  assert.equal(summary.written, flowListen.received.length)
  assert.equal(summary.received, summary.written + summary.queueFull + summary.notAllowed)
  assert.equal(summary.received + summary.kernel, count)
  return summary
}

function numbersOf(received: readonly Received[]): number[] {
  for (const { payload } of received)
    assert.ok(
      payload.subarray(4).every((byte) => byte === (payload[3] & 0xff)),
      'a whole payload'
    )
  return received.map(({ payload }) => payload.readUInt32BE())
}

test('what a stopped reader leaves waits in the queue', { skip: withoutProc }, async (t) => {
  const { queueFull, written } = await burst(await listen(t, 'flow://127.0.0.1:0?rcvbuf=4000000'), 10_000, 1400)
  assert.equal(queueFull, 0)
  assert.ok(written > 1000)
})

test('past queue_size datagrams are dropped and counted', { skip: withoutProc }, async (t) => {
  const { queueFull, written } = await burst(await listen(t, 'flow://127.0.0.1:0?queue_size=1000'), 10_000, 200)
  assert.ok(queueFull > 0)
  assert.ok(written < 8000, `${written}`) // 1000, and what the pipe and the reader hold
})

test('past queue_bytes too, and memory stays bounded', { skip: withoutProc }, async (t) => {
  const flowListen = await listen(t, 'flow://127.0.0.1:0?queue_bytes=8000000')
  for (let i = 0; i < 100; i++) {
    await send(flowListen.ports[0], numbered(1, 60_000, i))
    await flowListen.until(i + 1)
  }
  const before = peakMemory(flowListen.child.pid!)
  flowListen.pause()
  await send(flowListen.ports[0], numbered(8000, 60_000, 100)) // 480 MB
  const after = peakMemory(flowListen.child.pid!)
  assert.ok(after - before < 150e6, `${(after - before) / 1e6} MB more`) // the queue, and what the collector of garbage has yet to find
  flowListen.resume()
  const { stderr } = await flowListen.stop()
  const summary = summaryIn(stderr)
  assert.ok(summary.queueFull > 1000, stderr)
  assert.equal(summary.received + summary.kernel, 8100)
})

test('blocking leaves datagrams to the kernel, whose drops are counted', { skip: withoutProc }, async (t) => {
  const { queueFull, kernel } = await burst(await listen(t, 'flow://127.0.0.1:0?blocking=true&rcvbuf=100000'), 10_000, 1400)
  assert.equal(queueFull, 0)
  assert.ok(kernel > 1000, `${kernel}`)
})

test('several threads: all frames whole, every datagram counted once', { skip: withoutProc }, async (t) => {
  for (const query of ['count=3', 'count=2&blocking=true']) {
    const flowListen = await listen(t, `flow://127.0.0.1:0?${query}&rcvbuf=4000000`)
    const sent = [0, 1, 2, 3].map((i) => send(flowListen.ports[0], numbered(5000, 300 + i, i * 5000)))
    await Promise.all(sent)
    const { code, stderr } = await flowListen.stop()
    assert.equal(code, 0)
    const summary = summaryIn(stderr)
    const numbers = numbersOf(flowListen.received)
    assert.equal(new Set(numbers).size, numbers.length)
    for (const [i, { payload }] of flowListen.received.entries()) assert.equal(payload.length, 300 + Math.floor(numbers[i] / 5000))
    assert.equal(summary.written, numbers.length)
    assert.equal(summary.received + summary.kernel, 20_000)
    assert.equal(summary.received, summary.written + summary.queueFull)
  }
})

test('several threads with a queue that is too small', { skip: withoutProc }, async (t) => {
  const flowListen = await listen(t, 'flow://127.0.0.1:0?count=2&queue_size=500')
  flowListen.pause()
  await Promise.all([0, 1].map((i) => send(flowListen.ports[0], numbered(5000, 500, i * 5000))))
  flowListen.resume()
  const { stderr } = await flowListen.stop()
  const { received, written, queueFull, kernel } = summaryIn(stderr)
  assert.ok(queueFull > 0, stderr)
  assert.equal(received, written + queueFull)
  assert.equal(received + kernel, 10_000)
  assert.equal(flowListen.received.length, written)
})

test('a second signal ends it at once, whatever waits for the reader', async (t) => {
  for (const query of ['', '?blocking=true&count=2']) {
    const flowListen = await listen(t, `flow://127.0.0.1:0${query}`)
    flowListen.pause()
    await send(flowListen.ports[0], numbered(5000))
    flowListen.child.kill('SIGTERM')
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.equal(flowListen.child.exitCode, null, 'waits for its reader')
    flowListen.child.kill('SIGINT')
    await new Promise((resolve) => flowListen.child.once('exit', resolve))
    assert.equal(flowListen.child.exitCode, 130)
  }
})
