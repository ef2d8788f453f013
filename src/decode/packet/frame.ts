/**
 * A sampled frame → the fields of a FlowMessage: those of its outermost packet, written as its layers are read, and the stack of all
 * layers. A Frame is used again for the next one.
 */
import { readUint8 } from '../input.js'
import { closeLength, writeByte, writeTag, writeUint32Field, writeVarint32 } from '../messages.js'
import { NOTHING } from './carry.js'
import { type FramePlan, mappedBitsBound, writeMappedBits } from './mapping.js'
import {
  beginsPacket,
  BY_ETYPE,
  BY_PROTOCOL,
  CARRIES,
  CARRIES_ETYPE,
  CARRIES_PROTOCOL,
  CARRIES_TCP,
  CARRIES_UDP,
  knownPorts,
  layerId,
  NO_LAYER,
  PARSE,
  type Ports,
  STACK
} from './layers.js'
import { ETYPE, LAYER_SIZE, LAYER_STACK, PROTO } from './fields.js'

/** More layers than that are no packet that anyone sends. */
export const MAX_LAYERS = 64

/** What a frame starts with: the id of its first layer, or either IP, as the version says. */
export const LINK = {
  ethernet: layerId('ethernet'),
  ipv4: layerId('ipv4'),
  ipv6: layerId('ipv6'),
  mpls: layerId('mpls'),
  ip: 0xff
} as const

export interface Frame {
  /** where the message under way goes on: fields of the outermost packet are written there */
  pos: number
  /** where what is to be read ends: the captured bytes, or the IP packet in them */
  end: number
  /** the layer at hand is not of the outermost packet: nothing of it is written */
  inner: boolean
  /** what the layer at hand says that it carries: an Ethernet type, an IP protocol, the two ports in one; or NOTHING */
  carried: number
  /** of the outermost packet, as far as its layers have told */
  etype: number
  proto: number
  /** VLAN tags of the outermost packet */
  vlans: number
  /** the fields (bits of fields.ts) that are written already or not to be written */
  told: number

  readonly plan: FramePlan | undefined
  readonly ports: Ports
  /** how many layers there are; the arrays hold, for each: its id, where it starts, the bytes it has, what it carries, whether it is inner */
  layers: number
  readonly layer: Uint8Array
  readonly layerStart: Uint32Array
  readonly layerSize: Uint32Array
  readonly layerCarried: Int32Array
  readonly layerInner: Uint8Array
  /** where the captured bytes end */
  capturedEnd: number
  /** where what no layer has taken starts */
  rest: number
}

/** A frame, with what a mapping file has for frames. */
export function newFrame(plan?: FramePlan): Frame {
  return {
    plan,
    pos: 0,
    end: 0,
    inner: false,
    carried: NOTHING,
    etype: 0,
    proto: 0,
    vlans: 0,
    told: 0,
    ports: plan?.ports ?? knownPorts(),
    layers: 0,
    layer: new Uint8Array(MAX_LAYERS),
    layerStart: new Uint32Array(MAX_LAYERS),
    layerSize: new Uint32Array(MAX_LAYERS),
    layerCarried: new Int32Array(MAX_LAYERS),
    layerInner: new Uint8Array(MAX_LAYERS),
    capturedEnd: 0,
    rest: 0
  }
}

/** More than the fields of a frame of so many bytes take. */
export function frameFieldsBound({ plan }: Frame, frameBytes: number): number {
  return 768 + 2 * frameBytes + (plan === undefined ? 0 : mappedBitsBound(plan, MAX_LAYERS, frameBytes))
}

/**
 * Takes the frame at `[start, end)` of the input apart, as far as its bytes go, and writes its fields at `pos` of the messages, where there must be room for
 * `frameFieldsBound` bytes; gives the position behind them. `link` is one of LINK, `skip` a set of fields (of `frameFieldSet`) not to write.
 */
export function writeFrameFields(frame: Frame, start: number, end: number, link: number, pos: number, skip: number): number {
  const { plan } = frame
  if (plan !== undefined) skip |= plan.skip
  frame.pos = pos
  frame.end = end
  frame.inner = false
  frame.told = skip
  frame.etype = frame.proto = frame.vlans = 0
  frame.capturedEnd = end
  walkLayers(frame, start, end, link)
  pos = frame.pos
  if ((skip & ETYPE.bit) === 0) pos = writeUint32Field(pos, ETYPE.tag, frame.etype)
  if ((skip & PROTO.bit) === 0) pos = writeUint32Field(pos, PROTO.tag, frame.proto)
  return frame.layers > 0 ? writeLayers(frame, pos, skip) : pos
}

/**
 * Writes what a mapping file takes from the frame that `writeFrameFields` has taken apart; gives the position behind it. To be called behind whatever else the
 * message says, because of a field that stands there twice the last value counts.
 */
export function writeMappedFields(frame: Frame, pos: number): number {
  return frame.plan === undefined ? pos : writeMappedBits(frame.plan, frame, frame.capturedEnd, pos)
}

function walkLayers(frame: Frame, start: number, end: number, link: number): void {
  let at = start
  let outer: number = NO_LAYER
  let layer = link === LINK.ip && start < end ? (readUint8(start) >> 4 === 6 ? LINK.ipv6 : LINK.ipv4) : link
  let count = 0
  while (layer !== NO_LAYER && at < frame.end && count < MAX_LAYERS) {
    if (beginsPacket(outer, layer)) frame.inner = true
    frame.carried = NOTHING
    const size = PARSE[layer](frame, at, frame.end)
    if (size < 0) break
    const taken = Math.min(size, frame.end - at)
    frame.layer[count] = layer
    frame.layerStart[count] = at
    frame.layerSize[count] = taken
    frame.layerCarried[count] = frame.carried
    frame.layerInner[count] = frame.inner ? 1 : 0
    count++
    at += taken
    outer = layer
    layer = frame.carried === NOTHING ? NO_LAYER : layerUnder(layer, frame.carried, frame.ports)
  }
  frame.layers = count
  frame.rest = at
}

/** The id of the layer that `layer` names by what it carries. */
function layerUnder(layer: number, carried: number, ports: Ports): number {
  switch (CARRIES[layer]) {
    case CARRIES_ETYPE:
      return BY_ETYPE[carried]
    case CARRIES_PROTOCOL:
      return BY_PROTOCOL[carried]
    case CARRIES_UDP:
      return ports.udpDst[carried & 0xffff] || ports.udpSrc[carried >>> 16]
    case CARRIES_TCP:
      return ports.tcpDst[carried & 0xffff] || ports.tcpSrc[carried >>> 16]
    default:
      return NO_LAYER
  }
}

function writeLayers({ layers, layer, layerSize }: Frame, pos: number, skip: number): number {
  if ((skip & LAYER_STACK.bit) === 0) {
    pos = writeTag(pos, LAYER_STACK.tag)
    writeByte(pos++, layers)
    for (let i = 0; i < layers; i++) writeByte(pos++, STACK[layer[i]])
  }
  if ((skip & LAYER_SIZE.bit) === 0) {
    const lengthAt = writeTag(pos, LAYER_SIZE.tag)
    pos = lengthAt + 1
    for (let i = 0; i < layers; i++) pos = writeVarint32(pos, layerSize[i])
    pos = closeLength(lengthAt, 1, pos)
  }
  return pos
}
