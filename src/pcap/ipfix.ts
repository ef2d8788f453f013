/**
 * IPFIX files (RFC 5655 §6): messages one after another, each cut by its own length.
 *
 *     file    := message*
 *     message := version 10 (2), length with the header (2), export time in seconds (4), sequence (4), domain (4), sets
 */
import { type BlockReader, blockReader, BrokenStreamError } from '../flow/blocks.js'
import { readUint16, readUint32 } from '../flow/bigendian.js'
import { setSeconds, type Time } from './time.js'
import { refuseCapture } from './wronginput.js'

const VERSION = 10
const HEADER_BYTES = 16

/** `buf[start, end)` is one message, `time` when it was exported; as a capture's packets it can be put off. */
export type IpfixHandler = (buf: Buffer, start: number, end: number, time: Time) => boolean

/** A reader of an IPFIX file; throws BrokenStreamError where no message is, WrongInputError where the file is a capture. */
export function ipfixReader(onMessage: IpfixHandler): BlockReader {
  const time = { hi: 0, lo: 0 }

  function sizeOf(buf: Buffer, pos: number, end: number, offset: number): number {
    if (end - pos < 4) return 0
    if (offset === 0) refuseCapture(buf.subarray(pos, end))
    const version = readUint16(buf, pos)
    if (version !== VERSION) throw new BrokenStreamError(`no IPFIX message, but a version of ${version}`, offset)
    const length = readUint16(buf, pos + 2)
    if (length < HEADER_BYTES) throw new BrokenStreamError(`an IPFIX message of ${length} bytes, less than its header,`, offset)
    return length
  }

  function onBlock(buf: Buffer, start: number, end: number): boolean {
    setSeconds(time, readUint32(buf, start + 4), 0)
    return onMessage(buf, start, end, time)
  }

  return blockReader(sizeOf, onBlock, 'the file ends inside an IPFIX message')
}
