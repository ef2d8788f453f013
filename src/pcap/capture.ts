/** Capture files: recognized by their first bytes, and cut into packets. */
import { type BlockReader, blockReader, BrokenStreamError } from '../flow/blocks.js'
import type { CaptureFormat, PacketHandler } from './packet.js'
import { isPcap, pcapFormat } from './pcap.js'
import { isPcapng, pcapngFormat } from './pcapng.js'
import { refuseNoCapture } from './wronginput.js'

/**
 * A reader of a capture's bytes, pcap or pcapng. `onMalformed` is called for packets that could not be cut out. It throws WrongInputError, or
 * BrokenStreamError at the place where the capture is broken; every packet in front of that has been handled then.
 */
export function captureReader(onPacket: PacketHandler, onMalformed: () => void): BlockReader {
  let format: CaptureFormat | undefined

  function sizeOf(buf: Buffer, pos: number, end: number, offset: number): number {
    if (format === undefined) {
      if (end - pos < 4) return 0
      if (isPcap(buf, pos)) format = pcapFormat(onPacket)
      else if (isPcapng(buf, pos)) format = pcapngFormat(onPacket, onMalformed)
      else refuseNoCapture(buf.subarray(pos, end))
    }
    return format.sizeOf(buf, pos, end, offset)
  }

  const reader = blockReader(
    sizeOf,
    (buf, start, end, offset) => format!.onBlock(buf, start, end, offset),
    'the capture ends inside a packet'
  )
  let head = Buffer.alloc(0)
  return {
    push(chunk) {
      if (head.length < 4) head = Buffer.concat([head, chunk.subarray(0, 4)])
      return reader.push(chunk)
    },
    resume: () => reader.resume(),
    end() {
      if (format === undefined) refuseNoCapture(head)
      if (reader.offset === 0) throw new BrokenStreamError('the capture ends inside its header', 0)
      reader.end()
    },
    get offset() {
      return reader.offset
    },
    get isInside() {
      return reader.isInside
    }
  }
}
