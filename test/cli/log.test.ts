/** The log is written as it happens and whole, whatever stderr is. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { datagramFrame, readFlows } from '../support/datagram-stream.js'
import { runPipeline } from '../support/tools.js'

const COUNT = 3000
/** Of NetFlow v9, and too short for its header. */
const BROKEN = Buffer.concat(Array.from({ length: COUNT }, () => datagramFrame({ payload: Buffer.from([0, 9, 0, 1]) })))

/** Leaves the pipe behind its stdout non-blocking: killed, it cannot put that back. */
const UNBLOCK = `node -e "process.stdout.write('', () => process.kill(process.pid, 'SIGKILL'))"`

for (const format of ['normal', 'json']) {
  test(`a full pipe that does not block loses no line, ${format}`, async () => {
    // more than a pipe holds is there before anyone reads
    const { stdout } = await runPipeline(
      `{ ${UNBLOCK}; flow-decode -err.cnt ${COUNT} -logfmt ${format} 2>&1 >/dev/null; } | { sleep 0.5; cat; }`,
      BROKEN
    )
    const lines = stdout.toString().trimEnd().split('\n')
    const whole = format === 'json' ? /^\{"level":"\w+","time":.*\}$/ : /^flow-decode: .*\S$/
    assert.deepEqual(
      lines.filter((line) => !whole.test(line)),
      []
    )
    assert.equal(lines.filter((line) => line.includes('header')).length, COUNT, lines.at(-1))
  })
}

test('a reader of the log that has gone is no reason to end', async () => {
  const version5 = Buffer.alloc(24 + 48)
  version5.set([0, 5, 0, 1])
  const input = Buffer.concat([BROKEN, datagramFrame({ payload: version5 })])
  const { code, stdout } = await runPipeline(`flow-decode -err.cnt ${COUNT} 2> >(exec true)`, input)
  assert.deepEqual([code, readFlows(stdout).length], [0, 1])
})
