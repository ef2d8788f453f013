/** Plain frames are written at once: the bytes are those that their layers write one by one. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { inputBytes, loadChunk } from '../../../src/decode/memory/in.js'
import { messagesFor, outputView, reserve } from '../../../src/decode/memory/out.js'
import { DST_ADDR, DST_MAC, DST_PORT, IP_TOS, SRC_ADDR, SRC_MAC, SRC_PORT, TCP_FLAGS } from '../../../src/decode/packet/fields.js'
import { frame, isOpen } from '../../../src/decode/packet/frame.js'
import { putPlain } from '../../../src/decode/packet/plain.js'
import { frameFieldsBound, LINK, newWalk, writeFrameFields } from '../../../src/decode/packet/walk.js'
import { dot1q, ethernet, ipv4, ipv6, packet, raw, tcp, udp } from '../../support/build-packet.js'
import { SCALE } from '../../support/scale.js'
import { FRAMES } from './catalogue.js'

const messages = messagesFor({ buf: Buffer.alloc(1 << 16), pos: 0, reserve: () => undefined })
const atOnce = newWalk()
const byLayers = { ...atOnce, mayBePlain: false }
/** What records beside a frame say as well. */
const ALSO_BESIDE = [SRC_MAC, DST_MAC, IP_TOS, SRC_ADDR, DST_ADDR, SRC_PORT, DST_PORT, TCP_FLAGS]

/** The bytes that a frame gives, and what the records beside it are to know of them. */
function written(walk: typeof atOnce, bytes: Buffer): unknown {
  loadChunk(Buffer.concat([Buffer.alloc(7, 0xff), bytes, Buffer.alloc(64, 0xff)]))
  const start = reserve(messages, frameFieldsBound(walk, bytes.length))
  const end = writeFrameFields(walk, 7, 7 + bytes.length, LINK.ethernet, start, 0)
  const message = Buffer.from(outputView().buffer, start, end - start).toString('hex')
  return { message, etype: frame.etype, proto: frame.proto, open: ALSO_BESIDE.map(isOpen) }
}

/** Whether the frame is a plain one. */
function isPlain(bytes: Buffer): boolean {
  assert.deepEqual(written(atOnce, bytes), written(byLayers, bytes), bytes.toString('hex'))
  return putPlain(7, 7 + bytes.length, atOnce.ports)
}

const port = fc.oneof(fc.nat(0xffff), fc.constantFrom(4789, 6081, 2152, 3544))
const byte = fc.nat(0xff)
const link = fc.tuple(fc.boolean(), fc.nat(0xfff)).map(([isTagged, vlan]) => (isTagged ? [ethernet(), dot1q(vlan)] : [ethernet()]))
const network = fc.oneof(
  fc
    .tuple(byte, fc.nat(0xffff), fc.constantFrom(0, 2, 4, 6, 1), fc.constantFrom(0, 0, 0, 8), byte, fc.constantFrom(0, 0, 4))
    .map(([tos, id, flags, offset, ttl, options]) => ipv4({ tos, id, flags, offset, ttl, options })),
  byte.map((hops) => ipv6({ hopLimit: hops }))
)
const transport = fc.oneof(
  fc.tuple(port, port, fc.nat(0x1ff), fc.constantFrom(0, 12, 40)).map(([src, dst, flags, options]) => tcp(src, dst, { flags, options })),
  fc.tuple(port, port).map(([src, dst]) => udp(src, dst))
)
const frames = fc
  .tuple(link, network, transport, fc.nat(60), fc.nat(20))
  .map(([links, ip, over, payload, padding]) =>
    Buffer.concat([packet(...links, ip, over, raw(...new Array<number>(payload).fill(7))), Buffer.alloc(padding)])
  )

test('as the layers write them, cut at every byte, and with a byte changed', () => {
  let plain = 0
  fc.assert(
    fc.property(frames, fc.nat(), byte, fc.nat(), (bytes, at, value, cut) => {
      if (isPlain(bytes)) plain++
      isPlain(bytes.subarray(0, cut % (bytes.length + 1)))
      bytes[at % Math.min(bytes.length, 60)] = value
      isPlain(bytes)
    }),
    { numRuns: 3000 * SCALE }
  )
  assert.ok(plain > 1000 * SCALE, `only ${plain} of the frames were plain`)
})

for (const [name, bytes] of Object.entries(FRAMES)) {
  test(`${name}: at once or by its layers, cut at every byte`, () => {
    for (let length = 0; length <= bytes.length; length++) isPlain(bytes.subarray(0, length))
  })
}

test('nothing behind a frame is read, which may end where the input does', () => {
  const input = inputBytes()
  const whole = packet(ethernet(), dot1q(1), ipv6({}), tcp(1, 2))
  for (let length = 0; length < whole.length; length++) {
    const start = input.length - length
    whole.copy(input, start, 0, length)
    assert.equal(putPlain(start, input.length, atOnce.ports), false)
  }
})
