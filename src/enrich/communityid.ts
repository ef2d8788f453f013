/**
 * The Community ID of a flow, version 1 (github.com/corelight/community-id-spec): the same for both directions, in Zeek, Suricata, Arkime
 * and others alike.
 *
 *     id   := "1:" base64(SHA-1(seed, address, address, protocol, 0, port, port))    numbers of two bytes big-endian, seed and protocol's
 *                                                                                     two bytes apart from that as written
 *
 * The end with the smaller address, of equal ones with the smaller port, comes first. ICMP's type stands for the one port; for the other
 * the type of the message that goes the other way, or, where none does, the code: then no end comes first. Protocols without ports leave
 * them out.
 */
import { isMappedIPv4 } from '../flow/address.js'
import { IP_PROTOCOL } from '../flow/ipprotocols.js'
import { crypto } from '../flow/lazy.js'
import { writeTag } from '../flow/message.js'
import { fieldTag } from '../flow/proto.js'
import type { Enrichment } from './enrichment.js'
import { bitOf, codeOf } from './fields.js'
import { type Marks, numberIn } from './scan.js'

const { icmp: ICMP, tcp: TCP, udp: UDP, icmp6: ICMPV6, sctp: SCTP } = IP_PROTOCOL

/** Requests and their answers (Zeek's pairs). */
const ICMP_PAIRS = answersOf([
  [8, 0], // echo
  [13, 14], // timestamp
  [15, 16], // information
  [10, 9], // router solicitation
  [17, 18] // address mask
])
const ICMPV6_PAIRS = answersOf([
  [128, 129], // echo
  [130, 131], // multicast listener
  [133, 134], // router
  [135, 136], // neighbor
  [139, 140], // node information
  [144, 145] // home agent discovery
])

function answersOf(pairs: readonly (readonly [number, number])[]): ReadonlyMap<number, number> {
  return new Map(pairs.flatMap(([a, b]) => [[a, b] as const, [b, a] as const]))
}

/** "1:" and the base64 of 20 bytes */
const ID_BYTES = 30

const PROTO = codeOf('proto')
const ENDS = [
  { address: codeOf('src_addr'), port: codeOf('src_port') },
  { address: codeOf('dst_addr'), port: codeOf('dst_port') }
] as const
const ICMP_TYPE = codeOf('icmp_type')
const ICMP_CODE = codeOf('icmp_code')

/** Sets community_id, replacing what was there. */
export function enrichCommunityId(): Enrichment {
  const tag = fieldTag('community_id')
  const { createHash } = crypto()
  const room = Buffer.alloc(2 + 16 + 16 + 2 + 4)
  const byLength = Array.from({ length: room.length + 1 }, (_, length) => room.subarray(0, length))
  let id = ''

  /** The bytes to be hashed are in `room`: how many; 0 where the flow has no ID. */
  function fill(buf: Buffer, marks: Marks): number {
    const { list, last } = marks
    const protocol = numberIn(buf, marks, PROTO)
    const [src, dst] = [last[ENDS[0].address], last[ENDS[1].address]]
    if (src < 0 || dst < 0 || protocol === 0 || protocol > 0xff) return 0
    let [srcStart, dstStart] = [list[src + 2], list[dst + 2]]
    const [srcEnd, dstEnd] = [list[src + 3], list[dst + 3]]
    if (isMappedIPv4(buf, srcStart, srcEnd)) srcStart += 12
    if (isMappedIPv4(buf, dstStart, dstEnd)) dstStart += 12
    const size = srcEnd - srcStart
    if ((size !== 4 && size !== 16) || dstEnd - dstStart !== size) return 0

    let srcPort = 0
    let dstPort = 0
    let isOneWay = false
    if (protocol === ICMP || protocol === ICMPV6) {
      srcPort = numberIn(buf, marks, ICMP_TYPE)
      const answer = (protocol === ICMP ? ICMP_PAIRS : ICMPV6_PAIRS).get(srcPort)
      isOneWay = answer === undefined
      dstPort = answer ?? numberIn(buf, marks, ICMP_CODE)
    } else {
      srcPort = numberIn(buf, marks, ENDS[0].port)
      dstPort = numberIn(buf, marks, ENDS[1].port)
    }
    if (!isOneWay) {
      let order = 0
      for (let i = 0; i < size && order === 0; i++) order = buf[srcStart + i] - buf[dstStart + i]
      if (order > 0 || (order === 0 && srcPort > dstPort)) {
        ;[srcStart, dstStart] = [dstStart, srcStart]
        ;[srcPort, dstPort] = [dstPort, srcPort]
      }
    }
    let pos = 2
    for (let i = 0; i < size; i++) room[pos++] = buf[srcStart + i]
    for (let i = 0; i < size; i++) room[pos++] = buf[dstStart + i]
    room[pos++] = protocol
    room[pos++] = 0
    if (protocol !== TCP && protocol !== UDP && protocol !== SCTP && protocol !== ICMP && protocol !== ICMPV6) return pos
    room[pos++] = srcPort >>> 8
    room[pos++] = srcPort
    room[pos++] = dstPort >>> 8
    room[pos++] = dstPort
    return pos
  }

  return {
    fields: ['src_addr', 'dst_addr', 'proto', 'src_port', 'dst_port', 'icmp_type', 'icmp_code', 'community_id'],
    decide(buf, marks, change) {
      const size = fill(buf, marks)
      id = ''
      if (size === 0) return
      id = `1:${createHash('sha1').update(byLength[size]).digest('base64')}`
      change.rest |= bitOf('community_id')
      change.length += 3 + 1 + ID_BYTES
    },
    write(out, pos) {
      if (id === '') return pos
      pos = writeTag(out, pos, tag)
      out[pos++] = ID_BYTES
      return pos + out.write(id, pos, 'latin1')
    }
  }
}
