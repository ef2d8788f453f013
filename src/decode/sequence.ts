/**
 * Sequence numbers: how much of what exporters sent never came. A hole is counted only when it is old enough that what is missing
 * cannot be just late; an exporter that starts anew leaves none.
 */

/** A hole is given up after so many datagrams. */
const REORDER_DATAGRAMS = 16
/** A number that is less far behind than this is late, not a restart. */
const REORDER_UNITS = 4096
/** By so much uptime a datagram may have been overtaken. */
const OVERTAKEN_MS = 5000
/** Where the numbers of a restarted exporter without an uptime begin. */
const NEAR_ZERO = 1024
/** Streams (source port and domain, engine or agent) that one exporter is followed in. */
const MAX_STREAMS = 256

interface Hole {
  from: number
  units: number
  /** the stream's datagram count at which it is given up */
  until: number
}

interface Stream {
  next: number
  uptime: number
  datagrams: number
  holes: Hole[]
}

/** The streams of one exporter. */
export interface Sequences {
  readonly streams: Map<string, Stream>
  /** units (flows, records or datagrams) that never came */
  missing: number
  restarts: number
}

export function newSequences(): Sequences {
  return { streams: new Map(), missing: 0, restarts: 0 }
}

/**
 * Takes note of a datagram with `number`, which carries `units` of what the protocol counts (−1: not known, so that the next number is taken
 * as it comes). `uptime` is in milliseconds; NaN for a protocol that has none.
 */
export function followSequence(sequences: Sequences, key: string, number: number, units: number, uptime: number): void {
  const { streams } = sequences
  let stream = streams.get(key)
  if (stream === undefined) {
    if (streams.size >= MAX_STREAMS) {
      const [oldest] = streams.keys()
      giveUp(sequences, streams.get(oldest)!, Infinity)
      streams.delete(oldest)
    }
    stream = { next: NaN, uptime, datagrams: 0, holes: [] }
    streams.set(key, stream)
  }
  stream.datagrams++
  const ahead = Number.isNaN(stream.next) ? 0 : (number - stream.next) | 0
  if (ahead < 0 && isLate(stream, number, ahead, uptime)) {
    fillHole(stream, number, Math.max(units, 1))
    giveUp(sequences, stream, stream.datagrams)
    return
  }
  if (ahead < 0) {
    sequences.restarts++
    giveUp(sequences, stream, Infinity)
  } else if (ahead > 0) stream.holes.push({ from: stream.next, units: ahead, until: stream.datagrams + REORDER_DATAGRAMS })
  stream.next = units < 0 ? NaN : (number + units) >>> 0
  stream.uptime = uptime
  giveUp(sequences, stream, stream.datagrams)
}

/** Whether a smaller number is a datagram that was overtaken; else the exporter has started anew. */
function isLate(stream: Stream, number: number, ahead: number, uptime: number): boolean {
  if (-ahead > REORDER_UNITS) return false
  if (!Number.isNaN(uptime)) return uptime + OVERTAKEN_MS >= stream.uptime
  return number >= NEAR_ZERO || stream.holes.some(({ from, units }) => (number - from) >>> 0 < units)
}

/** Takes what came late out of the hole that it left. */
function fillHole(stream: Stream, number: number, units: number): void {
  const index = stream.holes.findIndex(({ from, units: size }) => ((number - from) >>> 0) < size)
  if (index < 0) return
  const hole = stream.holes[index]
  const before = (number - hole.from) >>> 0
  const after = Math.max(hole.units - before - units, 0)
  const left: Hole[] = []
  if (before > 0) left.push({ ...hole, units: before })
  if (after > 0) left.push({ ...hole, from: (number + units) >>> 0, units: after })
  stream.holes.splice(index, 1, ...left)
}

function giveUp(sequences: Sequences, stream: Stream, datagrams: number): void {
  const { holes } = stream
  while (holes.length > 0 && holes[0].until <= datagrams) sequences.missing += holes.shift()!.units
}

/** Counts what is still open: nothing more comes. */
export function endSequences(sequences: Sequences): void {
  for (const stream of sequences.streams.values()) giveUp(sequences, stream, Infinity)
}
