/**
 * The pcap format (draft-ietf-opsawg-pcap), in the byte order of the machine that captured:
 *
 *     file   := header, packet*
 *     header := magic (4), version major (2), minor (2), 0 (4), 0 (4), snaplen (4), link type (26 bits of 4)
 *     packet := seconds (4), micro- or nanoseconds (4), captured length (4), original length (4), captured bytes
 *
 * A header in the place of a packet begins another file: `cat a.pcap b.pcap`.
 */
import { BrokenStreamError } from '../flow/blocks.js'
import { u16, u32 } from './byteorder.js'
import { isKnownLinkType } from './link.js'
import type { CaptureFormat, PacketHandler } from './packet.js'
import { setSeconds } from './time.js'

const MAGIC_MICROSECONDS = 0xa1b2c3d4
const MAGIC_NANOSECONDS = 0xa1b23c4d
const FILE_HEADER_BYTES = 24
const PACKET_HEADER_BYTES = 16
const VERSION_MAJOR = 2
/** The largest snaplen of libpcap; a longer packet means that the bytes are no packets. */
const MAX_PACKET_BYTES = 262_144

/** Whether a pcap file starts at `pos`, where four bytes are. */
export function isPcap(buf: Buffer, pos: number): boolean {
  return isMagic(u32(buf, pos, true)) || isMagic(u32(buf, pos, false))
}

function isMagic(magic: number): boolean {
  return magic === MAGIC_MICROSECONDS || magic === MAGIC_NANOSECONDS
}

/** Packets go to `onPacket`. Its functions throw BrokenStreamError. */
export function pcapFormat(onPacket: PacketHandler): CaptureFormat {
  const time = { hi: 0, lo: 0 }
  let inFile = false
  let little = false
  let nsPerUnit = 1000
  let linkType = 0

  function isFileHeader(buf: Buffer, pos: number): boolean {
    if (!inFile) return true
    // as a packet: one without a byte, and with more microseconds than a second has
    return u32(buf, pos + 8, true) === 0 && isPcap(buf, pos) && u16(buf, pos + 4, isMagic(u32(buf, pos, true))) === VERSION_MAJOR
  }

  function readFileHeader(buf: Buffer, pos: number, offset: number): void {
    little = isMagic(u32(buf, pos, true))
    nsPerUnit = u32(buf, pos, little) === MAGIC_NANOSECONDS ? 1 : 1000
    const major = u16(buf, pos + 4, little)
    if (major !== VERSION_MAJOR) throw new BrokenStreamError(`pcap version ${major} is not known`, offset)
    linkType = u32(buf, pos + 20, little) & 0x03ff_ffff
    if (!isKnownLinkType(linkType)) {
      throw new BrokenStreamError(
        `link type ${linkType} is not read (Ethernet, Linux cooked, raw IP, null/loop, PPP and NFLOG are)`,
        offset
      )
    }
    inFile = true
  }

  return {
    sizeOf(buf, pos, end, offset) {
      if (end - pos < PACKET_HEADER_BYTES) return 0
      const size = u32(buf, pos + 8, little)
      if (size === 0 || !inFile) return isFileHeader(buf, pos) ? FILE_HEADER_BYTES : PACKET_HEADER_BYTES
      if (size > MAX_PACKET_BYTES) throw new BrokenStreamError('no sane packet length', offset)
      return PACKET_HEADER_BYTES + size
    },
    onBlock(buf, start, end, offset) {
      if (!inFile || (end - start === FILE_HEADER_BYTES && isFileHeader(buf, start))) {
        readFileHeader(buf, start, offset)
        return true
      }
      setSeconds(time, u32(buf, start, little), u32(buf, start + 4, little) * nsPerUnit)
      return onPacket(linkType, buf, start + PACKET_HEADER_BYTES, end, time)
    }
  }
}
