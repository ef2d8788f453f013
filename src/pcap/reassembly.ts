/**
 * Puts fragments together again (RFC 791 §3.2, RFC 8200 §4.5), in whatever order they come, within bounds: a datagram whose fragments do
 * not all come within 30 s of the capture's time, or that has to make room for others, is given up.
 *
 * A fragment that comes twice changes nothing. One that contradicts those that are there (it overlaps them, or has other bytes in their
 * place) begins a new datagram: an identification used again, or an attack (RFC 5722).
 */
import type { IpPacket } from './packet.js'

const MAX_AGE_SECONDS = 30
const MAX_PENDING_BYTES = 32 * 1024 * 1024
const MAX_DATAGRAM_BYTES = 65_535
/** In front of what is put together: room for both addresses. */
const ADDRESS_ROOM = 32
/** The least that each takes: the bound on bytes bounds their number too. */
const FIRST_BUFFER_BYTES = 2048

export interface Reassembly {
  /**
   * Takes the fragment `ip` with the time at which it was captured. True when that made its datagram whole: `ip` is then the datagram, in a
   * buffer that is valid until the next call.
   */
  add(ip: IpPacket, seconds: number): boolean
  /** Drops the datagrams that are incomplete. */
  end(): void
  /** bytes of fragments of incomplete datagrams */
  readonly pendingBytes: number
}

interface Partial {
  /** room for the addresses, then the payload */
  buf: Buffer
  /** the parts of the payload that are there: start and end of each, in order, with a gap between any two */
  runs: number[]
  /** bytes of the payload, −1 while the last fragment has not come */
  total: number
  /** of the first fragment */
  protocol: number
  fragments: number
  /** when the fragment that came first was captured */
  since: number
}

/** `onLost` is called with the number of fragments of each datagram that is given up. */
export function reassembly(onLost: (fragments: number) => void): Reassembly {
  const partials = new Map<string, Partial>() // oldest first

  function begin(key: string, since: number): Partial {
    const partial = { buf: Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES), runs: [], total: -1, protocol: 0, fragments: 0, since }
    partials.set(key, partial)
    state.pendingBytes += partial.buf.length
    return partial
  }

  function remove(key: string, partial: Partial): void {
    partials.delete(key)
    state.pendingBytes -= partial.buf.length
  }

  function giveUp(key: string, partial: Partial): void {
    remove(key, partial)
    onLost(partial.fragments)
  }

  /** Gives up what is late and, past the bound, the oldest, but not `current`. */
  function makeRoom(current: Partial, now: number): void {
    for (const [key, partial] of partials) {
      if (!isLate(partial, now) && state.pendingBytes <= MAX_PENDING_BYTES) return
      if (partial !== current) giveUp(key, partial)
    }
  }

  function grow(partial: Partial, size: number): void {
    if (partial.buf.length >= size) return
    const larger = Buffer.allocUnsafeSlow(Math.max(size, Math.min(2 * partial.buf.length, ADDRESS_ROOM + MAX_DATAGRAM_BYTES)))
    partial.buf.copy(larger)
    state.pendingBytes += larger.length - partial.buf.length
    partial.buf = larger
  }

  /** Puts a fragment in its place; false where it contradicts what is there. */
  function place(partial: Partial, ip: IpPacket): boolean {
    const { runs, total } = partial
    const start = ip.fragmentOffset
    const end = start + ip.payloadEnd - ip.payloadStart
    if (total >= 0 && (ip.moreFragments ? end > total : end !== total)) return false
    if (!ip.moreFragments && runs.length > 0 && runs[runs.length - 1] > end) return false
    grow(partial, ADDRESS_ROOM + end)
    if (isThere(runs, start, end)) {
      if (ip.buf.compare(partial.buf, ADDRESS_ROOM + start, ADDRESS_ROOM + end, ip.payloadStart, ip.payloadEnd) !== 0) return false
    } else if (insert(runs, start, end)) ip.buf.copy(partial.buf, ADDRESS_ROOM + start, ip.payloadStart, ip.payloadEnd)
    else return false
    if (start === 0) partial.protocol = ip.protocol
    if (!ip.moreFragments) partial.total = end
    partial.fragments++
    return true
  }

  const state = {
    pendingBytes: 0,
    add(ip: IpPacket, seconds: number): boolean {
      if (!isSound(ip)) {
        onLost(1)
        return false
      }
      const key = keyOf(ip)
      let partial = partials.get(key)
      if (partial !== undefined && (isLate(partial, seconds) || !place(partial, ip))) {
        giveUp(key, partial)
        partial = undefined
      }
      if (partial === undefined) {
        partial = begin(key, seconds)
        place(partial, ip)
      }
      makeRoom(partial, seconds)
      const { runs, total } = partial
      if (runs.length !== 2 || runs[0] !== 0 || runs[1] !== total) return false
      remove(key, partial)
      makeWhole(ip, partial)
      return true
    },
    end() {
      for (const [key, partial] of partials) giveUp(key, partial)
    }
  }
  return state
}

function isLate({ since }: Partial, now: number): boolean {
  return Math.abs(now - since) > MAX_AGE_SECONDS
}

/** Whether all of the fragment was captured, and it is one that a sender may make. */
function isSound({ fragmentOffset, payloadStart, payloadEnd, moreFragments, cut }: IpPacket): boolean {
  const bytes = payloadEnd - payloadStart
  return !cut && fragmentOffset + bytes <= MAX_DATAGRAM_BYTES && (!moreFragments || (bytes > 0 && bytes % 8 === 0))
}

function isThere(runs: readonly number[], start: number, end: number): boolean {
  for (let i = 0; i < runs.length; i += 2) if (runs[i] <= start && end <= runs[i + 1]) return true
  return false
}

/** Adds [start, end) to the runs; false where it overlaps one of them. */
function insert(runs: number[], start: number, end: number): boolean {
  let i = runs.length
  while (i > 0 && runs[i - 2] >= end) i -= 2
  // runs before i start before `end`, those from i on do not
  const afterPrevious = i > 0 ? runs[i - 1] : -1
  if (afterPrevious > start) return false
  const joinsPrevious = afterPrevious === start
  const joinsNext = i < runs.length && runs[i] === end
  if (joinsPrevious && joinsNext) runs.splice(i - 1, 2)
  else if (joinsPrevious) runs[i - 1] = end
  else if (joinsNext) runs[i] = start
  else runs.splice(i, 0, start, end)
  return true
}

/** Source, destination, identification; in IPv4 the protocol too. */
function keyOf(ip: IpPacket): string {
  const { buf, srcStart, srcEnd, dstStart, dstEnd } = ip
  const addresses = buf.toString('latin1', srcStart, srcEnd) + buf.toString('latin1', dstStart, dstEnd)
  return `${addresses}${ip.identification}${addresses.length === 8 ? `/${ip.protocol}` : ''}`
}

/** Turns the last fragment into the datagram. */
function makeWhole(ip: IpPacket, { buf, total, protocol }: Partial): void {
  const srcBytes = ip.srcEnd - ip.srcStart
  ip.buf.copy(buf, 0, ip.srcStart, ip.srcEnd)
  ip.buf.copy(buf, srcBytes, ip.dstStart, ip.dstEnd)
  ip.buf = buf
  ip.srcStart = 0
  ip.srcEnd = ip.dstStart = srcBytes
  ip.dstEnd = 2 * srcBytes
  ip.payloadStart = ADDRESS_ROOM
  ip.payloadEnd = ADDRESS_ROOM + total
  ip.protocol = protocol
  ip.fragmented = false
}
