import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { BrokenStreamError, closeFrame, frameReader, MAX_MESSAGE_BYTES } from '../../src/flow/frames.js'
import { writeVarint32 } from '../../src/flow/varint.js'

function frame(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5)
  return Buffer.concat([prefix.subarray(0, writeVarint32(prefix, 0, message.length)), message])
}

function read(chunks: Buffer[]): Buffer[] {
  const messages: Buffer[] = []
  const reader = frameReader((buf, start, end) => messages.push(Buffer.from(buf.subarray(start, end))))
  for (const chunk of chunks) reader.push(chunk)
  reader.end()
  return messages
}

test('a stream cut at every byte gives the same messages', () => {
  const messages = [0, 1, 5, 127, 128, 300, 0].map((size) => Buffer.alloc(size, size & 0xff))
  const stream = Buffer.concat(messages.map(frame))
  for (let cut = 0; cut <= stream.length; cut++) {
    assert.deepEqual(read([stream.subarray(0, cut), stream.subarray(cut)]), messages)
  }
})

test('a frame is told with its length as it came, however that was written', () => {
  const threeInThree = Buffer.from([0x83, 0x80, 0x00, 1, 2, 3])
  const frames = [frame(Buffer.from('abc')), threeInThree, frame(Buffer.alloc(200, 1))]
  const stream = Buffer.concat(frames)
  for (let cut = 0; cut <= stream.length; cut++) {
    const seen: Buffer[] = []
    const reader = frameReader((buf, _start, end, frameStart) => seen.push(Buffer.from(buf.subarray(frameStart, end))))
    reader.push(stream.subarray(0, cut))
    reader.push(stream.subarray(cut))
    assert.deepEqual(seen, frames)
  }
})

test('any messages in any chunks', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 400 })), fc.array(fc.integer({ min: 1, max: 500 })), (messages, sizes) => {
      const stream = Buffer.concat(messages.map(frame))
      const chunks: Buffer[] = []
      for (let pos = 0, i = 0; pos < stream.length; i++) {
        const size = sizes.length === 0 ? stream.length : sizes[i % sizes.length]
        chunks.push(stream.subarray(pos, pos + size))
        pos += size
      }
      assert.deepEqual(
        read(chunks),
        messages.map((message) => Buffer.from(message))
      )
    })
  )
})

test('a message larger than any chunk', () => {
  const large = Buffer.alloc(3_000_000, 7)
  const stream = Buffer.concat([frame(Buffer.from('a')), frame(large), frame(Buffer.from('b'))])
  const chunks: Buffer[] = []
  for (let pos = 0; pos < stream.length; pos += 65536) chunks.push(stream.subarray(pos, pos + 65536))
  assert.deepEqual(read(chunks), [Buffer.from('a'), large, Buffer.from('b')])
})

test('a stream that ends inside a message is broken at the byte where that starts, after what came before', () => {
  const stream = Buffer.concat([frame(Buffer.from('abc')), frame(Buffer.from('defg'))])
  for (let cut = 5; cut < stream.length; cut++) {
    const seen: string[] = []
    const reader = frameReader((buf, start, end) => seen.push(buf.toString('latin1', start, end)))
    reader.push(stream.subarray(0, cut))
    assert.throws(
      () => {
        reader.end()
      },
      (error: unknown) => error instanceof BrokenStreamError && error.offset === 4
    )
    assert.deepEqual(seen, ['abc'])
  }
})

test('a length past 16 MiB is refused at once, and the largest is not', () => {
  for (const prefix of [
    [0x81, 0x80, 0x80, 0x08],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    [0xff, 0xff, 0xff, 0xff, 0x0f]
  ]) {
    const reader = frameReader(() => undefined)
    assert.throws(() => {
      reader.push(Buffer.from(prefix))
    }, BrokenStreamError)
  }
  assert.equal(read([frame(Buffer.alloc(MAX_MESSAGE_BYTES))])[0].length, MAX_MESSAGE_BYTES)
})

test('closeFrame moves a message whose length takes another size than was left', () => {
  for (const length of [0, 1, 127, 128, 16383, 16384, 3_000_000]) {
    for (const prefix of [1, 2, 3, 4]) {
      const message = Buffer.alloc(length, 5)
      const buf = Buffer.alloc(length + 10)
      message.copy(buf, 3 + prefix)
      const end = closeFrame(buf, 3, prefix, 3 + prefix + length)
      const reader = protobuf.Reader.create(buf.subarray(3, end))
      assert.deepEqual(Buffer.from(reader.bytes()), message)
    }
  }
})
