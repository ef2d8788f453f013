/** What every tool does with its environment, and with streams that are nearly right. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { FlowMessage } from '../support/datagram-stream.js'
import { runTool } from '../support/tools.js'

const FRAME = Buffer.from(FlowMessage.encodeDelimited({ bytes: 1500, src_port: 443 }).finish())

test('a stream with a newline behind each message is told of with goflow2’s option', async () => {
  const newline = Buffer.from('\n')
  const { code, stdout, stderr } = await runTool('flow-format', [], Buffer.concat([FRAME, newline, FRAME, newline]))
  assert.deepEqual([code, stdout.toString()], [65, ''])
  assert.match(stderr, /newline behind each message.*-transport\.file\.sep=/)
  const whole = await runTool('flow-format', [], Buffer.concat([FRAME, FRAME]))
  assert.equal(whole.code, 0)
})

test('a message of ten bytes is no newline', async () => {
  const ten = Buffer.from(FlowMessage.encodeDelimited({ src_addr: Buffer.from([192, 0, 2, 1]), src_port: 443, proto: 0 }).finish())
  const padded = Buffer.from(FlowMessage.encodeDelimited({ src_addr: Buffer.from([192, 0, 2, 1]), dst_port: 443, proto: 6 }).finish())
  for (const frame of [ten, padded]) {
    const { code } = await runTool('flow-format', [], Buffer.concat([FRAME, frame, FRAME, frame]))
    assert.equal(code, 0, `${frame[0]} bytes`)
  }
})

test('the log’s level in any case, and from the environment where no option says', async () => {
  assert.equal((await runTool('flow-format', ['-loglevel', 'ERROR'], FRAME)).stderr, '')
  assert.equal((await runTool('flow-format', [], FRAME, { FLOW_LOGLEVEL: 'Error' })).stderr, '')
  assert.match((await runTool('flow-format', ['-loglevel', 'info'], FRAME, { FLOW_LOGLEVEL: 'error' })).stderr, /1 flow in/)
  assert.match((await runTool('flow-format', [], FRAME, { FLOW_LOGFMT: 'json' })).stderr, /^\{/)
  const { code, stderr } = await runTool('flow-format', [], FRAME, { FLOW_LOGLEVEL: 'loud' })
  assert.equal(code, 64)
  assert.match(stderr, /^flow-format: FLOW_LOGLEVEL=loud: debug, info, warn, error\n$/)
})
