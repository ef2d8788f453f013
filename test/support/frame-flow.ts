/** What a frame alone gives. */
import assert from 'node:assert/strict'
import protobuf from 'protobufjs'
import { frameFieldsBound, LINK, newFrame, writeFrameFields } from '../../src/decode/packet/frame.js'
import { parseAddress } from './addresses.js'
import { type Flow, readFlows } from './datagram-stream.js'

const frame = newFrame()

/** The fields that a frame gives, written into no more room than they are promised to take; `skip` as in `writeFrameFields`. */
export function frameFlow(bytes: Buffer, { link = LINK.ethernet, skip = 0 }: { link?: number; skip?: number } = {}): Flow {
  // in the middle of a larger buffer: nothing in front of the frame and behind it may be read
  const buf = Buffer.concat([Buffer.alloc(7, 0xff), bytes, Buffer.alloc(64, 0xff)])
  const out = Buffer.alloc(frameFieldsBound(frame, bytes.length))
  const end = writeFrameFields(frame, buf, 7, 7 + bytes.length, link, out, 0, skip)
  assert.ok(end <= out.length, `${end} bytes of fields for ${bytes.length} bytes of frame`)
  return readFlows(Buffer.from(protobuf.Writer.create().bytes(out.subarray(0, end)).finish()))[0]
}

/** An address as `Flow` has it. */
export function hex(address: string): string {
  return parseAddress(address).toString('hex')
}

/** A MAC as FlowMessage has it: 48 bits as a number. */
export function mac(text: string): string {
  return BigInt(`0x${text.replaceAll(':', '')}`).toString()
}
