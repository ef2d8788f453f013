/**
 * A sampled frame → the fields of a FlowMessage: those of its outermost packet, or of one inside that peeling reaches, written as the layers
 * are read; and the stack of all layers.
 */
import { inU8 } from '../memory/in.js'
import { closeLength, removeFields, outByte, outTag, outVarint32 } from '../memory/out.js'
import { putTunnels, reachedPacket } from './decap.js'
import { ETYPE, LAYER_SIZE, LAYER_STACK, OUTER_FIELDS, PROTO } from './fields.js'
import { frame, isOpen, MAX_LAYERS, NOTHING, PACKET, put } from './frame.js'
import {
  beginsPacket,
  BY_ETYPE,
  BY_PROTOCOL,
  knownPorts,
  layerId,
  NEXT,
  NEXT_IS_ETYPE,
  NEXT_IS_PROTOCOL,
  NEXT_IS_TCP_PORT,
  NEXT_IS_UDP_PORT,
  NO_LAYER,
  PARSE,
  type Ports,
  STACK
} from './layers.js'
import { type FramePlan, mappedBitsBound, writeMappedBits } from './mapping.js'
import { putPlain } from './plain.js'

/** What a frame starts with: the id of its first layer, or either IP, as the version says. */
export const LINK = {
  ethernet: layerId('ethernet'),
  ipv4: layerId('ipv4'),
  ipv6: layerId('ipv6'),
  mpls: layerId('mpls'),
  ip: 0xff
} as const

/** How frames are taken apart. */
export interface FrameOptions {
  /** what a mapping file has for frames */
  readonly plan?: FramePlan
  /** the tunnels to peel off, of `tunnelSet` */
  readonly tunnels?: number
}

/** Takes frames apart, one after the other. */
export interface FrameWalk {
  readonly plan: FramePlan | undefined
  readonly ports: Ports
  readonly tunnels: number
  /** neither a mapping file nor peeling asks for more than the fields that all frames have: plain.ts may write them */
  readonly mayBePlain: boolean
  /** where the message starts that the frame's fields are for: the caller says it */
  message: number
  /** where the captured bytes end */
  end: number
  /** tunnels were peeled off: the fields are those of a packet inside */
  isPeeled: boolean
}

export function newWalk({ plan, tunnels = 0 }: FrameOptions = {}): FrameWalk {
  const mayBePlain = plan === undefined && tunnels === 0
  return { plan, ports: plan?.ports ?? knownPorts(), tunnels, mayBePlain, message: 0, end: 0, isPeeled: false }
}

/** More than the fields of a frame of so many bytes take. */
export function frameFieldsBound({ plan }: FrameWalk, frameBytes: number): number {
  return 1536 + 2 * frameBytes + (plan === undefined ? 0 : mappedBitsBound(plan, MAX_LAYERS, frameBytes))
}

/**
 * Takes the frame at `[start, end)` of the input apart, as far as its bytes go, and writes its fields at `pos` of the messages, where there must be room for
 * `frameFieldsBound` bytes; returns the position behind them. `link` is one of LINK, `skip` a set of fields (of `frameFieldSet`) not to write.
 *
 * Where tunnels are peeled, what the message says of the outer packet is removed from `[walk.message, pos)`, and `mapped` counts in the place of `skip`.
 */
export function writeFrameFields(walk: FrameWalk, start: number, end: number, link: number, pos: number, skip: number, mapped = 0): number {
  const { plan } = walk
  const replaced = plan === undefined ? 0 : plan.skip
  walk.end = frame.end = end
  walk.isPeeled = false
  begin(pos, skip | replaced)
  if (walk.mayBePlain && skip === 0 && link === LINK.ethernet && putPlain(start, end, walk.ports)) return frame.pos
  walkLayers(0, start, link === LINK.ip ? ipAt(start, end) : link, walk.ports)
  if (walk.tunnels !== 0) {
    const reached = reachedPacket(walk.tunnels)
    if (reached > 0) {
      walk.isPeeled = true
      begin(removeFields(walk.message, pos, OUTER_FIELDS), mapped | replaced)
      putTunnels(reached)
      walkLayers(reached, frame.layerStart[reached], frame.layer[reached], walk.ports)
    }
  }
  if (frame.etype !== 0) put(ETYPE, frame.etype)
  if (frame.proto !== 0) put(PROTO, frame.proto)
  if (frame.layers > 0) putLayers()
  return frame.pos
}

/**
 * Writes what a mapping file takes from the frame that `writeFrameFields` has taken apart; returns the position behind it. To be called behind whatever else
 * the message says, because of a field that stands there twice the last value counts.
 */
export function writeMappedFields({ plan, end }: FrameWalk, pos: number): number {
  return plan === undefined ? pos : writeMappedBits(plan, end, pos)
}

function begin(pos: number, skip: number): void {
  frame.pos = pos
  frame.done = skip
  frame.etype = frame.proto = frame.vlans = 0
}

const ipAt = (start: number, end: number): number => (start < end && inU8(start) >> 4 === 6 ? LINK.ipv6 : LINK.ipv4)

/** Nothing more is put of a packet inside the outermost one. */
const ALL = -1

/** Reads layers from number `count` on, which starts at `at`; the fields are those of the packet that it begins. */
function walkLayers(count: number, at: number, layer: number, ports: Ports): void {
  let outer: number = NO_LAYER
  let done = 0 // of the outermost packet
  frame.inner = false
  while (layer !== NO_LAYER && at < frame.end && count < MAX_LAYERS) {
    if (!frame.inner && beginsPacket(outer, layer)) {
      frame.inner = true
      done = frame.done
      frame.done = ALL
    }
    frame.next = NOTHING
    const size = PARSE[layer](at, frame.end)
    if (size < 0) break
    const left = frame.end - at
    const taken = size < left ? size : left
    frame.layer[count] = layer
    frame.layerStart[count] = at
    frame.layerSize[count] = taken
    frame.layerNext[count] = frame.next
    frame.layerPacket[count] = frame.inner ? PACKET.inner : PACKET.outermost
    count++
    at += taken
    outer = layer
    layer = frame.next === NOTHING ? NO_LAYER : layerUnder(layer, frame.next, ports)
  }
  if (frame.inner) frame.done = done
  frame.layers = count
}

/** The id of the layer that `layer` names by what follows it. */
function layerUnder(layer: number, next: number, ports: Ports): number {
  switch (NEXT[layer]) {
    case NEXT_IS_ETYPE:
      return BY_ETYPE[next]
    case NEXT_IS_PROTOCOL:
      return BY_PROTOCOL[next]
    case NEXT_IS_UDP_PORT:
      return ports.udpDst[next & 0xffff] || ports.udpSrc[next >>> 16]
    case NEXT_IS_TCP_PORT:
      return ports.tcpDst[next & 0xffff] || ports.tcpSrc[next >>> 16]
    default:
      return NO_LAYER
  }
}

function putLayers(): void {
  const { layers, layer, layerSize } = frame
  let { pos } = frame
  if (isOpen(LAYER_STACK)) {
    pos = outTag(pos, LAYER_STACK.tag)
    outByte(pos++, layers)
    for (let i = 0; i < layers; i++) outByte(pos++, STACK[layer[i]])
  }
  if (isOpen(LAYER_SIZE)) {
    const lengthAt = outTag(pos, LAYER_SIZE.tag)
    pos = lengthAt + 1
    for (let i = 0; i < layers; i++) pos = outVarint32(pos, layerSize[i])
    pos = closeLength(lengthAt, 1, pos)
  }
  frame.pos = pos
}
