import assert from 'node:assert/strict'
import test, { mock } from 'node:test'
import { pace } from '../../src/pcap/pace.js'
import { setSeconds, type Time } from '../../src/pcap/time.js'

let clock = 0
const now = (): number => clock

function at(milliseconds: number): Time {
  const time = { hi: 0, lo: 0 }
  setSeconds(time, 1_700_000_000 + Math.floor(milliseconds / 1000), (milliseconds % 1000) * 1_000_000)
  return time
}

test('at speed 0 everything is due', () => {
  const clocked = pace(0, now)
  assert.ok(clocked.isDue(at(0)) && clocked.isDue(at(3_600_000)))
})

for (const speed of [1, 10, 0.5]) {
  test(`at speed ${speed} a packet is due when its time has passed ${speed} times as fast`, () => {
    clock = 5000
    const clocked = pace(speed, now)
    assert.ok(clocked.isDue(at(0)))
    assert.ok(!clocked.isDue(at(1000)))
    clock = 5000 + 1000 / speed - 2
    assert.ok(!clocked.isDue(at(1000)))
    clock = 5000 + 1000 / speed
    assert.ok(clocked.isDue(at(1000)))
    assert.ok(clocked.isDue(at(500)), 'out of order: at once')
    assert.ok(!clocked.isDue(at(3000)))
    clocked.restart()
    assert.ok(clocked.isDue(at(999_999)), 'the first of the next file: at once')
    assert.ok(!clocked.isDue(at(1_001_999)))
  })
}

test('a wait ends when what was asked for is due, and at once when stopped', async () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    clock = 0
    const clocked = pace(1, now)
    let waiting = true
    clocked.isDue(at(0))
    clocked.isDue(at(1000))
    const waited = clocked.wait().then(() => (waiting = false))
    mock.timers.tick(999)
    await Promise.resolve()
    assert.ok(waiting)
    mock.timers.tick(1)
    await waited
    clocked.isDue(at(86_400_000_000)) // more than a timer takes
    const stopped = clocked.wait()
    clocked.stop()
    await stopped
    assert.ok(clocked.isDue(at(86_400_000_000)))
    await clocked.wait()
  } finally {
    mock.timers.reset()
  }
})
