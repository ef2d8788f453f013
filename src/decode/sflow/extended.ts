/** What the device did with a packet: the fields of the extended records. All are known to be whole. */
import { fieldTag } from '../../flow/proto.js'
import { inI32, inU32 } from '../memory/in.js'
import { closeLength, outInput, outTag, outUint32, outVarint32 } from '../memory/out.js'
import { known, wholeAddressEnd } from './header.js'
import type { FramePlan } from '../packet/mapping.js'
import type { FrameWalk } from '../packet/walk.js'
import type { Records } from './records.js'

const SRC_VLAN = fieldTag('src_vlan')
const DST_VLAN = fieldTag('dst_vlan')
const NEXT_HOP = fieldTag('next_hop')
const SRC_NET = fieldTag('src_net')
const DST_NET = fieldTag('dst_net')
const BGP_NEXT_HOP = fieldTag('bgp_next_hop')
const AS_PATH = fieldTag('as_path')
const COMMUNITIES = fieldTag('bgp_communities')
const SRC_AS = fieldTag('src_as')
const DST_AS = fieldTag('dst_as')
const NEXT_HOP_AS = fieldTag('next_hop_as')
const NAT_SRC_ADDR = fieldTag('post_nat_src_addr')
const NAT_DST_ADDR = fieldTag('post_nat_dst_addr')
const NAT_SRC_PORT = fieldTag('post_nat_src_port')
const NAT_DST_PORT = fieldTag('post_nat_dst_port')

/** What they say of the outer packet's ends is left out where the message is of a packet inside. */
export function writeExtended(records: Records, { plan, isPeeled }: FrameWalk, pos: number): number {
  if (records.switch >= 0 && !isPeeled) {
    pos = outUint32(pos, SRC_VLAN, known(inU32(records.switch)))
    pos = outUint32(pos, DST_VLAN, known(inU32(records.switch + 8)))
  }
  if (records.router >= 0) pos = writeRouter(records.router, isPeeled, pos)
  if (records.gateway >= 0) pos = writeGateway(records.gateway, plan, isPeeled, pos)
  if (records.nat >= 0 && !isPeeled) {
    const sourceEnd = wholeAddressEnd(records.nat)
    pos = outInput(pos, NAT_SRC_ADDR, records.nat + 4, sourceEnd)
    pos = outInput(pos, NAT_DST_ADDR, sourceEnd + 4, wholeAddressEnd(sourceEnd))
  }
  if (records.natPorts >= 0 && !isPeeled) {
    pos = outUint32(pos, NAT_SRC_PORT, inU32(records.natPorts))
    pos = outUint32(pos, NAT_DST_PORT, inU32(records.natPorts + 4))
  }
  return pos
}

function writeRouter(at: number, isPeeled: boolean, pos: number): number {
  const hopEnd = wholeAddressEnd(at)
  pos = outInput(pos, NEXT_HOP, at + 4, hopEnd)
  if (isPeeled) return pos
  pos = outUint32(pos, SRC_NET, prefixLength(hopEnd))
  return outUint32(pos, DST_NET, prefixLength(hopEnd + 4))
}

/** 0 for what no prefix is as long as: unknown, or a mask in place of its length. */
function prefixLength(at: number): number {
  const bits = inU32(at)
  return bits > 128 ? 0 : bits
}

/** The last AS of the path is the destination's, the first the next hop's; without a path the packet stays in the router's own. */
function writeGateway(record: number, plan: FramePlan | undefined, isPeeled: boolean, pos: number): number {
  const hopEnd = wholeAddressEnd(record)
  pos = outInput(pos, BGP_NEXT_HOP, record + 4, hopEnd)
  const own = inU32(hopEnd)
  let first = -1 // where they stand
  let last = hopEnd
  const lengthAt = outTag(pos, AS_PATH)
  let pathEnd = lengthAt + 1
  let at = hopEnd + 16
  for (let segments = inU32(hopEnd + 12); segments > 0; segments--) {
    const segmentEnd = at + 8 + inU32(at + 4) * 4
    for (at += 8; at < segmentEnd; at += 4) {
      if (first < 0) first = at
      last = at
      pathEnd = outVarint32(pathEnd, inI32(at))
    }
  }
  if (first >= 0 && !plan?.replaced.has('as_path')) pos = closeLength(lengthAt, 1, pathEnd)
  if (!isPeeled) {
    pos = outUint32(pos, SRC_AS, inU32(hopEnd + 4) || own)
    pos = outUint32(pos, DST_AS, inU32(last))
  }
  if (first >= 0) pos = outUint32(pos, NEXT_HOP_AS, inU32(first))
  return plan?.replaced.has('bgp_communities') === true ? pos : writeCommunities(at, pos)
}

function writeCommunities(countAt: number, pos: number): number {
  const end = countAt + 4 + inU32(countAt) * 4
  if (end === countAt + 4) return pos
  const lengthAt = outTag(pos, COMMUNITIES)
  pos = lengthAt + 1
  for (let at = countAt + 4; at < end; at += 4) pos = outVarint32(pos, inI32(at))
  return closeLength(lengthAt, 1, pos)
}
