import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import test from 'node:test'
import zlib from 'node:zlib'
import { BrokenStreamError } from '../../src/flow/blocks.js'
import { gunzip } from '../../src/pcap/gunzip.js'

/** One chunk's memory, filled again for the next. */
// eslint-disable-next-line @typescript-eslint/require-await
async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer, void> {
  const chunk = Buffer.alloc(size)
  for (let pos = 0; pos < bytes.length; pos += size) yield chunk.subarray(0, bytes.copy(chunk, 0, pos, pos + size))
}

async function inflated(bytes: Buffer, size = 64 * 1024): Promise<{ found: Buffer; error: unknown }> {
  const parts: Buffer[] = []
  try {
    for await (const part of gunzip(chunksOf(bytes, size))) parts.push(Buffer.from(part))
  } catch (error) {
    return { found: Buffer.concat(parts), error }
  }
  return { found: Buffer.concat(parts), error: undefined }
}

test('members one after another are one, wherever the chunks are cut', async () => {
  const parts = [Buffer.from('first '), Buffer.alloc(0), Buffer.alloc(1000, 'second '), Buffer.from('third')]
  const bytes = Buffer.concat(parts.map((part) => zlib.gzipSync(part)))
  for (let size = 1; size <= bytes.length; size++) {
    const { found, error } = await inflated(bytes, size)
    assert.equal(error, undefined)
    assert.deepEqual(found, Buffer.concat(parts), `chunks of ${size}`)
  }
})

test('zeros behind the last member are padding', async () => {
  const { found, error } = await inflated(Buffer.concat([zlib.gzipSync('text'), Buffer.alloc(512)]))
  assert.deepEqual([found.toString(), error], ['text', undefined])
})

test('cut at any byte: what is there comes out, then the place of the cut is told', async () => {
  const whole = Buffer.alloc(2000, 'some text, ')
  const bytes = zlib.gzipSync(whole)
  for (let cut = 1; cut < bytes.length; cut++) {
    const { found, error } = await inflated(bytes.subarray(0, cut), 7)
    assert.ok(whole.subarray(0, found.length).equals(found))
    assert.ok(error instanceof BrokenStreamError)
    assert.equal(error.message, `the gzip data ends early at byte ${cut}`)
  }
})

test('a wrong byte: all but the last piece before it comes out', async () => {
  const whole = randomBytes(300_000)
  const bytes = zlib.gzipSync(whole)
  bytes[bytes.length - 5] ^= 1
  const { found, error } = await inflated(bytes)
  assert.ok(found.length >= whole.length - 64 * 1024 && whole.subarray(0, found.length).equals(found))
  assert.ok(error instanceof BrokenStreamError)
  assert.match(error.message, /^the gzip data is broken \(incorrect data check\) at byte \d+$/)
})

test('what reading throws goes through', async () => {
  // eslint-disable-next-line @typescript-eslint/require-await
  async function* broken(): AsyncGenerator<Buffer, void> {
    yield zlib.gzipSync('text')
    throw new Error('disk')
  }
  await assert.rejects(async () => {
    for await (const part of gunzip(broken())) assert.equal(part.toString(), 'text')
  }, /disk/)
})
