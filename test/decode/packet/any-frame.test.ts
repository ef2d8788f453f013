/** What holds of any frame, whole, cut or broken. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { frameFieldSet } from '../../../src/decode/packet/fields.js'
import { LINK } from '../../../src/decode/packet/walk.js'
import type { Flow } from '../../support/datagram-stream.js'
import { frameFlow } from '../../support/frame-flow.js'
import { numbers } from '../../support/generate.js'
import { SCALE } from '../../support/scale.js'
import { FRAMES } from './catalogue.js'

const listOf = (flow: Flow, name: string): unknown[] => (flow[name] as unknown[] | undefined) ?? []

/** A frame's layers stand in two lists of the same length, and have no more bytes than there are. */
function assertLayers(flow: Flow, bytes: number): void {
  const sizes = listOf(flow, 'layer_size') as number[]
  assert.equal(listOf(flow, 'layer_stack').length, sizes.length)
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= bytes)
}

for (const [name, bytes] of Object.entries(FRAMES)) {
  test(`${name}, cut at every byte: what is there is as in the whole frame`, () => {
    const whole = frameFlow(bytes)
    for (let length = 0; length < bytes.length; length++) {
      const cut = frameFlow(bytes.subarray(0, length))
      assertLayers(cut, length)
      for (const [field, value] of Object.entries(cut)) {
        // the type of the network layer is not known until that is reached, and a layer may be cut
        if (field === 'etype' || field === 'layer_size') continue
        const expected = whole[field]
        assert.deepEqual(
          value,
          Array.isArray(value) && Array.isArray(expected) ? expected.slice(0, value.length) : expected,
          `${field} of ${length} bytes`
        )
      }
    }
  })

  test(`${name}: fields that another knows better are left out, the others are not`, () => {
    const whole = frameFlow(bytes)
    const fields = Object.keys(whole)
    for (const field of fields) {
      const others = Object.fromEntries(Object.entries(whole).filter(([other]) => other !== field))
      assert.deepEqual(frameFlow(bytes, { skip: frameFieldSet([field, 'no field of a frame']) }), others)
    }
    assert.deepEqual(frameFlow(bytes, { skip: frameFieldSet(fields) }), {})
  })
}

test(`${40_000 * SCALE} broken frames`, () => {
  const random = numbers(20231114)
  const frames = Object.values(FRAMES)
  const links = Object.values(LINK)
  let layers = 0
  for (let i = 0; i < 40_000 * SCALE; i++) {
    const one = frames[random() % frames.length]
    const other = frames[random() % frames.length]
    const bytes = Buffer.concat([
      one.subarray(0, random() % (one.length + 1)),
      random() % 4 === 0 ? other.subarray(random() % other.length) : Buffer.alloc(0)
    ])
    for (let changes = random() % 6; changes > 0 && bytes.length > 0; changes--) bytes[random() % bytes.length] = random()
    const flow = frameFlow(bytes, { link: random() % 4 === 0 ? links[random() % links.length] : LINK.ethernet })
    assertLayers(flow, bytes.length)
    layers += listOf(flow, 'layer_stack').length
  }
  assert.ok(layers > 40_000 * SCALE, `only ${layers} layers: what is broken does not get far`)
})

test('noise under every first layer', () => {
  const random = numbers(7)
  for (let i = 0; i < 5000 * SCALE; i++) {
    const bytes = Buffer.from(Array.from({ length: random() % 300 }, () => random() & 0xff))
    for (const link of Object.values(LINK)) assertLayers(frameFlow(bytes, { link }), bytes.length)
  }
})
