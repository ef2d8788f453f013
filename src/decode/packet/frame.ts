/** A sampled frame while it is taken apart, and how its layers write their fields. */
import { inU16, inU32 } from '../memory/in.js'
import { outInput, outUint32, outUint64 } from '../memory/out.js'
import type { FrameField } from './fields.js'

/** More layers than that are no packet that anyone sends. */
export const MAX_LAYERS = 64

/** `Frame.next` of a layer that does not say what follows, or is followed by nothing we read. */
export const NOTHING = -1
/** What a layer function returns where the bytes are not what the layer before had announced. */
export const NOT_THIS_LAYER = -1

/**
 * Reads the header at `[at, end)` of the input, of which at least one byte is there but any part may be missing: puts its fields, and says in
 * `frame.next` what follows, in the numbers that its row in layers.ts names. Returns the header's size, which may be more than is there, or
 * NOT_THIS_LAYER.
 */
export type LayerFunction = (at: number, end: number) => number

interface Frame {
  /** where the message goes on: the fields of the outermost packet are written there */
  pos: number
  /** where what is to be read ends: the captured bytes, or the IP packet in them */
  end: number
  /** the layer that is read is not of the outermost packet: nothing of it is written */
  inner: boolean
  /** what the layer that is read says that follows: an Ethernet type, an IP protocol, the two ports in one; or NOTHING */
  next: number
  /** of the outermost packet, as far as its layers say */
  etype: number
  proto: number
  /** VLAN tags of the outermost packet */
  vlans: number
  /** the fields (bits of fields.ts) that `put` passes over: they are written already, or are not to be written */
  done: number

  /** how many layers there are; the arrays hold, for each: its id, where it starts, the bytes it has, what it says that follows, which packet it is of */
  layers: number
  readonly layer: Uint8Array
  readonly layerStart: Uint32Array
  readonly layerSize: Uint32Array
  readonly layerNext: Int32Array
  /** one of PACKET */
  readonly layerPacket: Uint8Array
}

/** Which packet of a frame a layer is of: the one that the fields are of, one inside that, or one around it that was peeled off. */
export const PACKET = { outermost: 0, inner: 1, peeled: 2 } as const

/**
 * The frame that is taken apart, or was last; of a plain one (plain.ts) not its layers. Like the input it has one place in the process (see memory/in.ts for
 * why): nothing is kept in here from one frame to the next.
 */
export const frame: Frame = {
  pos: 0,
  end: 0,
  inner: false,
  next: NOTHING,
  etype: 0,
  proto: 0,
  vlans: 0,
  done: 0,
  layers: 0,
  layer: new Uint8Array(MAX_LAYERS),
  layerStart: new Uint32Array(MAX_LAYERS),
  layerSize: new Uint32Array(MAX_LAYERS),
  layerNext: new Int32Array(MAX_LAYERS),
  layerPacket: new Uint8Array(MAX_LAYERS)
}

/** Whether `put` would write the field: nobody has, and it is wanted. */
export function isOpen(field: FrameField): boolean {
  return (frame.done & field.bit) === 0
}

/** The field is written, or is not to be written by anyone behind. */
export function close(field: FrameField): void {
  frame.done |= field.bit
}

// A field that a frame says twice has the first value; nothing is written for zero or empty (proto3).

export function put(field: FrameField, value: number): void {
  if (!isOpen(field)) return
  frame.pos = outUint32(frame.pos, field.tag, value)
  close(field)
}

/** The 48 bits at `at` of the input as a number. */
export function putMac(field: FrameField, at: number): void {
  if (!isOpen(field)) return
  frame.pos = outUint64(frame.pos, field.tag, inU16(at), inU32(at + 2))
  close(field)
}

/** The bytes `[start, end)` of the input. */
export function putBytes(field: FrameField, start: number, end: number): void {
  if (!isOpen(field)) return
  frame.pos = outInput(frame.pos, field.tag, start, end)
  close(field)
}
