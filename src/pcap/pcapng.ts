/**
 * The pcapng format (draft-ietf-opsawg-pcapng), in the byte order of each section:
 *
 *     file            := block*
 *     block           := type (4), length of the block (4), body, length again (4)
 *     section header  := byte-order magic (4), version major (2), minor (2), section length (8), options          type 0a0d0d0a
 *     interface       := link type (2), reserved (2), snaplen (4), options                                        type 1
 *     packet          := interface (2), drops (2), time (8), captured length (4), original length (4), bytes, …   type 2, obsolete
 *     simple packet   := original length (4), bytes                                                               type 3
 *     enhanced packet := interface (4), time (8), captured length (4), original length (4), bytes, options        type 6
 *     option          := code (2), length (2), value padded to 4 bytes
 *
 * Blocks of other types are passed over.
 */
import { BrokenStreamError } from '../flow/blocks.js'
import { u16, u32 } from './byteorder.js'
import type { CaptureFormat, PacketHandler } from './packet.js'
import { type Clock, clockOf, setNow, setTicks } from './time.js'

const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE = 1
const PACKET = 2
const SIMPLE_PACKET = 3
const ENHANCED_PACKET = 6

const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const VERSION_MAJOR = 1
const BLOCK_OVERHEAD_BYTES = 12
const SECTION_HEADER_BYTES = 28
const INTERFACE_BYTES = 20
/** The longest block that is taken for one: secrets and comments may be long, packets are not. */
const MAX_BLOCK_BYTES = 16 * 1024 * 1024
const MAX_INTERFACES = 65_536

const OPTION_END = 0
const OPTION_TIME_RESOLUTION = 9
const OPTION_TIME_OFFSET = 14
const MICROSECONDS = 6

interface CaptureInterface {
  linkType: number
  /** 0: no limit */
  snaplen: number
  clock: Clock
}

/** Whether a pcapng file starts at `pos`, where four bytes are. */
export function isPcapng(buf: Buffer, pos: number): boolean {
  return u32(buf, pos, false) === SECTION_HEADER
}

/** `onMalformed` is called for a packet whose block contradicts itself. */
export function pcapngFormat(onPacket: PacketHandler, onMalformed: () => void): CaptureFormat {
  const time = { hi: 0, lo: 0 }
  let little = false
  let interfaces: CaptureInterface[] = []

  function beginSection(buf: Buffer, start: number, offset: number): void {
    little = isLittle(buf, start)
    interfaces = []
    const major = u16(buf, start + 12, little)
    if (major !== VERSION_MAJOR) throw new BrokenStreamError(`pcapng version ${major} is not known`, offset)
  }

  function addInterface(buf: Buffer, start: number, end: number, offset: number): void {
    if (end - start < INTERFACE_BYTES) throw new BrokenStreamError('an interface block too short for one', offset)
    if (interfaces.length === MAX_INTERFACES) throw new BrokenStreamError(`more than ${MAX_INTERFACES} interfaces`, offset)
    interfaces.push({
      linkType: u16(buf, start + 8, little),
      snaplen: u32(buf, start + 12, little),
      clock: readClock(buf, start + 16, end - 4)
    })
  }

  function readClock(buf: Buffer, pos: number, end: number): Clock {
    let resolution = MICROSECONDS
    let offset = 0n
    while (pos + 4 <= end) {
      const code = u16(buf, pos, little)
      const length = u16(buf, pos + 2, little)
      if (code === OPTION_END || pos + 4 + length > end) break
      if (code === OPTION_TIME_RESOLUTION && length >= 1) resolution = buf[pos + 4]
      else if (code === OPTION_TIME_OFFSET && length >= 8) offset = little ? buf.readBigInt64LE(pos + 4) : buf.readBigInt64BE(pos + 4)
      pos += 4 + ((length + 3) & ~3)
    }
    return clockOf(resolution, offset)
  }

  /** A packet whose interface stands at `id`, its time from `start + 12`, the bytes from `start + 28`. */
  function takePacket(buf: Buffer, start: number, end: number, id: number): boolean {
    const dataStart = start + 28
    const dataEnd = dataStart + u32(buf, start + 20, little)
    if (id >= interfaces.length || dataEnd > end - 4) {
      onMalformed()
      return true
    }
    const { linkType, clock } = interfaces[id]
    setTicks(time, clock, u32(buf, start + 12, little), u32(buf, start + 16, little))
    return onPacket(linkType, buf, dataStart, dataEnd, time)
  }

  /** A simple packet is one of the first interface, cut to its snaplen; it has no time, and gets the time of now. */
  function takeSimplePacket(buf: Buffer, start: number, end: number): boolean {
    const dataStart = start + 12
    if (interfaces.length === 0 || dataStart > end - 4) {
      onMalformed()
      return true
    }
    const { linkType, snaplen } = interfaces[0]
    const bytes = Math.min(u32(buf, start + 8, little), end - 4 - dataStart)
    setNow(time)
    return onPacket(linkType, buf, dataStart, dataStart + (snaplen === 0 ? bytes : Math.min(bytes, snaplen)), time)
  }

  return {
    sizeOf(buf, pos, end, offset) {
      if (end - pos < BLOCK_OVERHEAD_BYTES) return 0
      const section = isPcapng(buf, pos)
      if (section && !hasByteOrder(buf, pos)) throw new BrokenStreamError('a section without a byte order', offset)
      const size = u32(buf, pos + 4, section ? isLittle(buf, pos) : little)
      const least = section ? SECTION_HEADER_BYTES : BLOCK_OVERHEAD_BYTES
      if (size < least || size > MAX_BLOCK_BYTES || size % 4 !== 0) throw new BrokenStreamError('no sane block length', offset)
      return size
    },
    onBlock(buf, start, end, offset) {
      const section = isPcapng(buf, start)
      if (section) beginSection(buf, start, offset)
      if (u32(buf, end - 4, little) !== end - start) throw new BrokenStreamError('a block whose two lengths differ', offset)
      if (section) return true
      switch (u32(buf, start, little)) {
        case ENHANCED_PACKET:
          if (end - start < 32) break
          return takePacket(buf, start, end, u32(buf, start + 8, little))
        case PACKET:
          if (end - start < 32) break
          return takePacket(buf, start, end, u16(buf, start + 8, little))
        case SIMPLE_PACKET:
          return takeSimplePacket(buf, start, end)
        case INTERFACE:
          addInterface(buf, start, end, offset)
          return true
        default:
          return true
      }
      onMalformed()
      return true
    }
  }
}

/** The byte order of the section header at `start`. */
function isLittle(buf: Buffer, start: number): boolean {
  return u32(buf, start + 8, true) === BYTE_ORDER_MAGIC
}

function hasByteOrder(buf: Buffer, start: number): boolean {
  return isLittle(buf, start) || u32(buf, start + 8, false) === BYTE_ORDER_MAGIC
}
