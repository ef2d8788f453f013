import assert from 'node:assert/strict'
import test from 'node:test'
import { copier } from '../../src/flow/copy.js'

test('runs of every length and alignment are copied, and nothing beside them', () => {
  const copy = copier()
  const source = Buffer.from(Array.from({ length: 1000 }, (_, i) => (i * 7) & 0xff))
  for (const offset of [0, 1, 2, 3, 5]) {
    for (let length = 0; length < 420; length += length < 70 ? 1 : 13) {
      const target = Buffer.alloc(500, 0xee)
      assert.equal(copy(target, 9, source, offset, offset + length), 9 + length)
      const expected = Buffer.alloc(500, 0xee)
      expected.set(source.subarray(offset, offset + length), 9)
      assert.deepEqual(target, expected)
    }
  }
})

test('buffers that are parts of larger ones, one after another', () => {
  const copy = copier()
  const whole = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz')
  const target = Buffer.alloc(40)
  const part = target.subarray(2)
  let pos = copy(part, 0, whole.subarray(10), 0, 6)
  pos = copy(part, pos, whole, 0, 20)
  pos = copy(part, pos, whole.subarray(30, 36), 0, 6)
  assert.equal(target.toString('latin1', 2, 2 + pos), 'abcdef0123456789abcdefghijuvwxyz')
})

test('a run up to the end of both buffers', () => {
  const source = Buffer.from('0123456789abcdefghi')
  const target = Buffer.alloc(19)
  assert.equal(copier()(target, 0, source, 0, 19), 19)
  assert.deepEqual(target, source)
})
