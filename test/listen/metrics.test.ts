import assert from 'node:assert/strict'
import test from 'node:test'
import type { Listener, Numbers } from '../../src/listen/listener.js'
import { summaryOf, warnOfDrops } from '../../src/listen/metrics.js'

function listener(name: string, kernel: number | undefined): Listener & { now: Numbers } {
  const now: Numbers = {
    received: 0,
    receivedBytes: 0,
    written: 0,
    queueFull: 0,
    notAllowed: 0,
    kernel,
    queuedDatagrams: 0,
    queuedBytes: 0
  }
  return { name, rcvbuf: 1, now, exporters: [], numbers: () => now, drain: () => Promise.resolve(), close: () => undefined }
}

test('drops are told every ten seconds at the most, as many as came since', (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const [sflow, netflow] = [listener('sflow://:6343', 0), listener('netflow://:2055', 0)]
  const lines: string[] = []
  const log = { debug: assert.fail, info: assert.fail, error: assert.fail, warn: (line: string) => void lines.push(line) }
  const told = (): string[] => {
    t.mock.timers.tick(10_000)
    return lines.splice(0)
  }
  warnOfDrops([sflow, netflow], log)
  Object.assign(netflow.now, { received: 100, notAllowed: 100 })
  assert.deepEqual(told(), [], 'nothing to tell of')
  netflow.now.queueFull = 7
  assert.deepEqual(told(), ['netflow://:2055: dropped 7 datagrams in the last 10 s: the queue is full, what reads stdout is too slow'])
  assert.deepEqual(told(), [], 'no more came')
  Object.assign(netflow.now, { queueFull: 9 })
  Object.assign(sflow.now, { kernel: 5 })
  assert.deepEqual(told(), [
    'sflow://:6343: the kernel dropped 5 datagrams in the last 10 s: a larger rcvbuf or count may help',
    'netflow://:2055: dropped 2 datagrams in the last 10 s: the queue is full, what reads stdout is too slow'
  ])
})

test('the last line sums the listeners up, and is silent on a kernel that does not tell', () => {
  const [one, other] = [listener('sflow://:6343', 3), listener('netflow://:2055', undefined)]
  Object.assign(one.now, { received: 10, written: 6, queueFull: 4 })
  Object.assign(other.now, { received: 20, written: 15, notAllowed: 5 })
  assert.equal(summaryOf([one, other], 0), '30 datagrams in, 21 out, 4 dropped (queue full), 5 not allowed, 3 dropped by the kernel')
  assert.equal(summaryOf([other], 2), '20 datagrams in, 15 out, 5 not allowed, 2 more than -count')
})
