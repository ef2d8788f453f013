/**
 * A sampled frame taken apart: the fields of its outermost packet, and the layers all the way down.
 *
 * One Frame is filled again for the next; it holds numbers and places in the buffer that it was parsed from.
 */
import { NOTHING } from './carry.js'
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
  type Ports
} from './layers.js'

/** More layers than that are no packet that anyone sends. */
export const MAX_LAYERS = 64

/** What a frame starts with: the id of its first layer, or ANY_IP. */
export const LINK = {
  ethernet: layerId('ethernet'),
  ipv4: layerId('ipv4'),
  ipv6: layerId('ipv6'),
  mpls: layerId('mpls'),
  /** IPv4 or IPv6, as the version says */
  ip: 0xff
} as const

export interface Frame {
  buf: Buffer
  /** where the captured bytes end, or the IP packet in them */
  end: number
  /** the layer at hand is not of the outermost packet */
  inner: boolean
  /** what the layer at hand says that it carries: an Ethernet type, an IP protocol, the two ports in one; or NOTHING */
  carried: number

  /** how many layers there are; the arrays hold, for each: its id, where it starts, the bytes it has, what it carries, whether it is inner */
  layers: number
  readonly layer: Uint8Array
  readonly layerStart: Uint32Array
  readonly layerSize: Uint32Array
  readonly layerCarried: Int32Array
  readonly layerInner: Uint8Array
  /** where what no layer has taken starts */
  rest: number
  readonly ports: Ports

  // of the outermost packet; −1 (places, vlan, vni) and 0 stand for what is not there
  dstMac: number
  srcMac: number
  etype: number
  vlan: number
  mplsStart: number
  mplsEnd: number
  srcAddr: number
  srcAddrBytes: number
  dstAddr: number
  dstAddrBytes: number
  proto: number
  tos: number
  ttl: number
  ipFlags: number
  fragmentId: number
  fragmentOffset: number
  flowLabel: number
  /** IPv6 segments: where the first one is, how many are there, and how many are left to visit */
  segments: number
  segmentCount: number
  segmentsLeft: number
  srcPort: number
  dstPort: number
  tcpFlags: number
  icmpType: number
  icmpCode: number
  vni: number
}

/** A frame to parse into, which takes ports for layers as `ports` has them. */
export function newFrame(ports: Ports = knownPorts()): Frame {
  const frame: Frame = {
    buf: Buffer.alloc(0),
    end: 0,
    inner: false,
    carried: NOTHING,
    layers: 0,
    layer: new Uint8Array(MAX_LAYERS),
    layerStart: new Uint32Array(MAX_LAYERS),
    layerSize: new Uint32Array(MAX_LAYERS),
    layerCarried: new Int32Array(MAX_LAYERS),
    layerInner: new Uint8Array(MAX_LAYERS),
    rest: 0,
    ports,
    dstMac: -1,
    srcMac: -1,
    etype: 0,
    vlan: -1,
    mplsStart: -1,
    mplsEnd: -1,
    srcAddr: -1,
    srcAddrBytes: 0,
    dstAddr: -1,
    dstAddrBytes: 0,
    proto: 0,
    tos: 0,
    ttl: 0,
    ipFlags: 0,
    fragmentId: 0,
    fragmentOffset: 0,
    flowLabel: 0,
    segments: -1,
    segmentCount: 0,
    segmentsLeft: 0,
    srcPort: 0,
    dstPort: 0,
    tcpFlags: 0,
    icmpType: 0,
    icmpCode: 0,
    vni: -1
  }
  return frame
}

/** Empties a frame; `buf` is what places in it will be of. */
export function clearFrame(frame: Frame, buf: Buffer): void {
  frame.buf = buf
  frame.end = frame.rest = frame.layers = 0
  frame.inner = false
  frame.dstMac = frame.srcMac = frame.vlan = frame.mplsStart = frame.mplsEnd = frame.srcAddr = frame.dstAddr = frame.segments = frame.vni = -1
  frame.etype = frame.srcAddrBytes = frame.dstAddrBytes = frame.proto = frame.tos = frame.ttl = 0
  frame.ipFlags = frame.fragmentId = frame.fragmentOffset = frame.flowLabel = frame.segmentCount = frame.segmentsLeft = 0
  frame.srcPort = frame.dstPort = frame.tcpFlags = frame.icmpType = frame.icmpCode = 0
}

/** Takes the frame at `buf[start, end)` apart, as far as its bytes go. `link` is one of LINK. */
export function parseFrame(buf: Buffer, start: number, end: number, link: number, frame: Frame): void {
  clearFrame(frame, buf)
  frame.end = end
  let pos = start
  let outer: number = NO_LAYER
  let layer = link === LINK.ip && start < end ? (buf[start] >> 4 === 6 ? LINK.ipv6 : LINK.ipv4) : link
  let count = 0
  while (layer !== NO_LAYER && pos < frame.end && count < MAX_LAYERS) {
    if (count > 0 && beginsPacket(outer, layer)) frame.inner = true
    frame.carried = NOTHING
    const size = PARSE[layer](frame, buf, pos, frame.end)
    if (size < 0) break
    const taken = Math.min(size, frame.end - pos)
    frame.layer[count] = layer
    frame.layerStart[count] = pos
    frame.layerSize[count] = taken
    frame.layerCarried[count] = frame.carried
    frame.layerInner[count] = frame.inner ? 1 : 0
    count++
    pos += taken
    outer = layer
    layer = frame.carried === NOTHING ? NO_LAYER : layerUnder(layer, frame.carried, frame.ports)
  }
  frame.layers = count
  frame.rest = pos
}

/** The id of the layer that `layer` says by what it carries. */
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
