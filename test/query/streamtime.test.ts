/** The stream's time, by a clock of the test. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Input } from '../../src/flow/input.js'
import { streamTime, timedInput } from '../../src/query/streamtime.js'

const START_MS = 1_700_000_000_000
const START_NS = BigInt(START_MS) * 1_000_000n

function inputOf(chunks: () => AsyncGenerator<Buffer, void>): Input {
  return { chunks, stop: () => undefined } as unknown as Input
}

test('time passes while input is waited for, and not while the reader is', async (context) => {
  let clock = 0
  context.mock.method(performance, 'now', () => clock)
  const time = streamTime()
  time.see(Number(START_NS >> 32n), Number(START_NS & 0xffff_ffffn))
  const source = inputOf(async function* () {
    yield Buffer.from('a')
    yield Buffer.from('b')
    // nothing comes for 30 seconds
    await Promise.resolve()
    clock += 30_000
    yield Buffer.from('c')
  })
  const passed: number[] = []
  for await (const chunk of timedInput(source, time, () => Infinity).chunks()) {
    assert.equal(chunk.length, 1)
    passed.push(time.now - START_MS)
    // the reader of what is written does not read for 30 seconds
    clock += 30_000
  }
  assert.deepEqual(passed, [0, 0, 30_000])
  assert.equal(time.now, START_MS + 30_000)
})

test('what is due while nothing comes is told by an empty chunk, once its time has come', async (context) => {
  let clock = 0
  context.mock.method(performance, 'now', () => clock)
  context.mock.timers.enable({ apis: ['setTimeout'] })
  const time = streamTime()
  time.see(Number(START_NS >> 32n), Number(START_NS & 0xffff_ffffn))
  let deliver: (() => void) | undefined
  const source = inputOf(async function* () {
    await new Promise<void>((resolve) => (deliver = resolve))
    yield Buffer.from('a')
  })
  let due = START_MS + 10_000
  const chunks = timedInput(source, time, () => due).chunks()
  const first = chunks.next()
  await Promise.resolve()
  clock = 10_000
  context.mock.timers.tick(10_000)
  assert.deepEqual((await first).value, Buffer.alloc(0))
  assert.equal(time.now, due)
  due = START_MS + 20_000
  const second = chunks.next()
  deliver?.()
  assert.deepEqual((await second).value, Buffer.from('a'))
})
