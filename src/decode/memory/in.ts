/**
 * The bytes that are being decoded. There is one place for them in the process, because V8 builds the address and the size of an array that is a
 * constant of a module into the code that reads it; through a parameter, each read would first have to find out what it was given.
 * (An imported constant is none to V8, so it is the functions that are exported.) Nothing is kept in here from one chunk of the stream to the next.
 */

/** The most that a UDP datagram carries, and more. */
export const MAX_DATAGRAM_BYTES = 65_535

/** Longer chunks of the stream are not loaded; a pipe's are half of it. */
const MOST_CHUNK_BYTES = 128 * 1024
/** Where a datagram stands that is not of the chunk. */
const DATAGRAM_AT = MOST_CHUNK_BYTES
/** Where a data set stands that waited for a template of the datagram. */
export const HELD_AT = DATAGRAM_AT + MAX_DATAGRAM_BYTES + 1
const bytes = Buffer.allocUnsafeSlow(HELD_AT + MAX_DATAGRAM_BYTES + 1)
const view = new DataView(bytes.buffer)

/** The same bytes, for what reads few of them. */
export const inputBytes = (): Buffer => bytes
/** And for code that is generated, where they are a constant as well. */
export const inputView = (): DataView => view

let chunk: Buffer | undefined

/** Puts a chunk of the stream into the input, so that none of its datagrams need be copied; returns it as it lies there. One too long stays where it is. */
export function loadChunk(from: Buffer): Buffer {
  if (from.length > MOST_CHUNK_BYTES) return from
  bytes.set(from)
  return (chunk = bytes.subarray(0, from.length))
}

/** Puts the datagram `from[start, end)`, which is no more than MAX_DATAGRAM_BYTES, into the input where it is not of the loaded chunk; returns where it starts. */
export function loadDatagram(from: Buffer, start: number, end: number): number {
  if (from === chunk) return start
  from.copy(bytes, DATAGRAM_AT, start, end)
  return DATAGRAM_AT
}

/** The bytes `[start, end)` as a string, a letter a byte: so they take the least memory where they are kept. */
export function inLetters(start: number, end: number): string {
  return bytes.toString('latin1', start, end)
}

/** Puts what `inLetters` gave at `at`; returns the position behind it. */
export function loadLetters(from: string, at: number): number {
  return at + bytes.write(from, at, 'latin1')
}

// Numbers in network byte order; the caller has checked that they are there.

export function inU8(at: number): number {
  return view.getUint8(at)
}

export function inU16(at: number): number {
  return view.getUint16(at)
}

export function inU32(at: number): number {
  return view.getUint32(at)
}

/** The same bits as a signed number, for where they are only moved on. */
export function inI32(at: number): number {
  return view.getInt32(at)
}

export function inIsZero(at: number, length: number): boolean {
  for (const end = at + length; at < end; at++) if (view.getUint8(at) !== 0) return false
  return true
}
