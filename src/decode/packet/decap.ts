/** Peeling tunnels off a frame that has been walked, so that its fields are those of a packet inside. */
import { fieldTag } from '../../flow/proto.js'
import type { LayerName } from '../../schema/layers.js'
import { closeLength, outInput, outByte, outRaw, outTag } from '../memory/out.js'
import { frame, PACKET } from './frame.js'
import { isSegmentRouting } from './ip.js'
import { beginsPacket, layerId, PARSE } from './layers.js'

/** What can be peeled off. mpls: a pseudowire of Ethernet; srv6: IPv6 with a segment routing header, or with Ethernet right inside. */
export const TUNNELS = ['vxlan', 'geneve', 'gre', 'ipip', 'gtpu', 'srv6', 'mpls', 'teredo'] as const
export type Tunnel = (typeof TUNNELS)[number]

/** The wanted tunnels, a bit for each; 0: none. */
export function tunnelSet(tunnels: Iterable<Tunnel>): number {
  let set = 0
  for (const tunnel of tunnels) set |= bitOf(tunnel)
  return set
}

const bitOf = (tunnel: Tunnel): number => 1 << TUNNELS.indexOf(tunnel)

/** The layers that say by themselves which tunnel they are. */
const HEADERS = new Map<number, Tunnel>(
  (
    [
      ['vxlan', 'vxlan'],
      ['geneve', 'geneve'],
      ['gre', 'gre'],
      ['gtpu', 'gtpu'],
      ['mpls', 'mpls'],
      ['teredo-dst', 'teredo']
    ] satisfies [LayerName, Tunnel][]
  ).map(([layer, tunnel]) => [layerId(layer), tunnel])
)
/** Those of them whose fields, vni and teid, are the tunnel's. */
const WITH_IDS: readonly number[] = [layerId('vxlan'), layerId('geneve'), layerId('gtpu')]

const ETHERNET = layerId('ethernet')
const IPV4 = layerId('ipv4')
const IPV6 = layerId('ipv6')
const ROUTING = layerId('ipv6-route')
const EXTENSIONS: readonly number[] = [layerId('ipv6-opts'), ROUTING, layerId('ipv6-frag'), layerId('ah')]

const TUNNEL_TYPE = fieldTag('tunnel_type')
const TUNNEL_SRC_ADDR = fieldTag('tunnel_src_addr')
const TUNNEL_DST_ADDR = fieldTag('tunnel_dst_addr')

/** The tunnel that the packet which begins with layer `i` is in; undefined for one that has no name here. */
function tunnelAround(i: number): Tunnel | undefined {
  const tunnel = HEADERS.get(frame.layer[i - 1])
  if (tunnel !== undefined) return tunnel
  let hasSegments = false
  let at = i - 1
  for (; at > 0 && EXTENSIONS.includes(frame.layer[at]); at--) {
    if (frame.layer[at] === ROUTING && isSegmentRouting(frame.layerStart[at], frame.layerSize[at])) hasSegments = true
  }
  const outer = frame.layer[at]
  const inner = frame.layer[i]
  if (inner === ETHERNET) return outer === IPV6 ? 'srv6' : undefined
  if (!isIp(outer) || !isIp(inner)) return undefined
  return hasSegments ? 'srv6' : 'ipip'
}

const isIp = (layer: number): boolean => layer === IPV4 || layer === IPV6

/** Whether layer `i` is an IP header of which both addresses are there. */
function hasAddresses(i: number): boolean {
  const { layer, layerSize } = frame
  return (layer[i] === IPV4 && layerSize[i] >= 20) || (layer[i] === IPV6 && layerSize[i] >= 40)
}

/**
 * The layer with which the packet begins that is reached by peeling these tunnels, one after the other from the outermost packet on. A tunnel is
 * peeled only for an IP packet in it that has both addresses. 0: nothing is peeled.
 */
export function reachedPacket(tunnels: number): number {
  let reached = 0
  let begin = 0
  for (let i = 1; i < frame.layers; i++) {
    if (beginsPacket(frame.layer[i - 1], frame.layer[i])) {
      const tunnel = tunnelAround(i)
      if (tunnel === undefined || (tunnels & bitOf(tunnel)) === 0) break
      begin = i
    }
    if (begin > reached && hasAddresses(i)) reached = begin
  }
  return reached
}

/** Puts the fields of the tunnels around the packet that begins with layer `reached`, and marks what was peeled. */
export function putTunnels(reached: number): void {
  putTunnelType(reached)
  let first = 1
  while (!beginsPacket(frame.layer[first - 1], frame.layer[first])) first++
  for (let i = 0; i < first; i++) {
    const at = frame.layerStart[i]
    if (frame.layer[i] === IPV4) putTunnelAddresses(at + 12, 4)
    else if (frame.layer[i] === IPV6) putTunnelAddresses(at + 8, 16)
    else if (WITH_IDS.includes(frame.layer[i])) PARSE[frame.layer[i]](at, at + frame.layerSize[i])
  }
  frame.layerPacket.fill(PACKET.peeled, 0, reached)
}

function putTunnelAddresses(at: number, bytes: number): void {
  frame.pos = outInput(frame.pos, TUNNEL_SRC_ADDR, at, at + bytes)
  frame.pos = outInput(frame.pos, TUNNEL_DST_ADDR, at + bytes, at + 2 * bytes)
}

const TEXT = new Map(TUNNELS.map((tunnel) => [tunnel, Buffer.from(tunnel)]))
const SLASH = 0x2f

/** The names of the tunnels, outermost first: "gre/vxlan". */
function putTunnelType(reached: number): void {
  const lengthAt = outTag(frame.pos, TUNNEL_TYPE)
  const start = lengthAt + 1
  let pos = start
  for (let i = 1; i <= reached; i++) {
    if (!beginsPacket(frame.layer[i - 1], frame.layer[i])) continue
    if (pos > start) outByte(pos++, SLASH)
    pos = outRaw(pos, TEXT.get(tunnelAround(i)!)!)
  }
  frame.pos = closeLength(lengthAt, 1, pos)
}
