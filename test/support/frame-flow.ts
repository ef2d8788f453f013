/** What a frame alone gives. */
import assert from 'node:assert/strict'
import protobuf from 'protobufjs'
import { loadChunk } from '../../src/decode/memory/in.js'
import { handOn, messagesFor, reserve } from '../../src/decode/memory/out.js'
import { type Tunnel, tunnelSet } from '../../src/decode/packet/decap.js'
import { frameFieldsBound, LINK, newWalk, writeFrameFields } from '../../src/decode/packet/walk.js'
import { parseAddress } from './addresses.js'
import { type Flow, readFlows } from './datagram-stream.js'

interface Given {
  readonly link?: number
  /** as in `writeFrameFields` */
  readonly skip?: number
  /** the tunnels to peel off */
  readonly decap?: readonly Tunnel[]
}

/** The fields that a frame gives, written into no more room than they are promised to take. */
export function frameFlow(bytes: Buffer, { link = LINK.ethernet, skip = 0, decap = [] }: Given = {}): Flow {
  const walk = newWalk({ tunnels: tunnelSet(decap) })
  // in the middle of other bytes: nothing in front of the frame and behind it may be read
  loadChunk(Buffer.concat([Buffer.alloc(7, 0xff), bytes, Buffer.alloc(64, 0xff)]))
  const output = { buf: Buffer.alloc(1 << 16), pos: 0, reserve: () => undefined }
  const messages = messagesFor(output)
  const room = frameFieldsBound(walk, bytes.length)
  const start = reserve(messages, room)
  walk.message = start
  messages.pos = writeFrameFields(walk, 7, 7 + bytes.length, link, start, skip)
  assert.ok(messages.pos - start <= room, `${messages.pos - start} bytes of fields for ${bytes.length} bytes of frame`)
  handOn(messages)
  return readFlows(Buffer.from(protobuf.Writer.create().bytes(output.buf.subarray(0, output.pos)).finish()))[0]
}

/** An address as `Flow` has it. */
export function hex(address: string): string {
  return parseAddress(address).toString('hex')
}

/** A MAC as FlowMessage has it: 48 bits as a number. */
export function mac(text: string): string {
  return BigInt(`0x${text.replaceAll(':', '')}`).toString()
}
