import assert from 'node:assert/strict'
import test from 'node:test'
import { runTool } from '../support/tools.js'

async function refused(args: readonly string[], code: number, message: RegExp): Promise<void> {
  const ended = await runTool('flow-kafka', args)
  assert.equal(ended.code, code, ended.stderr)
  assert.match(ended.stderr, message)
  assert.equal(ended.stderr.split('\n').length, 2, ended.stderr)
}

test('what the command line cannot mean is one line', async () => {
  await refused(['-broker', 'a:9092'], 64, /did you mean -brokers\?/)
  await refused(['-brokers', 'a:b:c'], 64, /a broker is HOST:PORT/)
  await refused(['-topic', 'a topic'], 64, /-topic a topic: a topic's name/)
  await refused(['-group', 'g'], 64, /-group goes with -consume/)
  await refused(['-exit-at-end'], 64, /-exit-at-end goes with -consume/)
  await refused(['-compression', 'brotli'], 64, /lz4/)
  await refused(
    ['-pack', '65536', '-delimited=false'],
    64,
    /-pack 65536: flows in a pack need their length in front: leave out -delimited=false/
  )
  await refused(['-pack', '65536', '-format', 'json'], 64, /leave out -format json/)
  await refused(['-pack', '65536', '-maxmsgbytes', '65535'], 64, /more than a message may hold, -maxmsgbytes 65535/)
  await refused(['-pack', '65536', '-consume'], 64, /-consume takes them as they are/)
  await refused(['-flushfreq', '5'], 64, /as 10s, 1m30s/)
  await refused(['-tls.client', 'x.pem'], 64, /-tls\.key/)
  await refused(['-tls.ca', '/nonexistent'], 66, /no such file/)
  await refused(['-mapping', '/nonexistent.yaml'], 66, /nonexistent\.yaml/)
  await refused(['-key', 'sampler_adress'], 64, /unknown field 'sampler_adress': sampler_address/)
  await refused(['-sasl', 'plain'], 78, /KAFKA_SASL_USER/)
})

test('the help names what matters', async () => {
  const { code, stdout } = await runTool('flow-kafka', ['-h', 'all'])
  assert.equal(code, 0)
  for (const word of ['-brokers', '-topic', '-consume', '-group', '-key', '-tls.ca', '-sasl']) assert.ok(stdout.includes(word), word)
})
