/**
 * Sequence numbers: how much of what exporters sent never came. A hole is counted only when it is old enough that what is missing
 * cannot be just late; an exporter that starts anew leaves none.
 *
 * A datagram's number is to be that of its first unit (RFC 7011 section 3.1). Some exporters count first and then write it, so that it is
 * that of the unit behind the last one (softflowd's IPFIX) or of the last one (Open vSwitch's v5): it moves on by the units of the datagram
 * itself, not by those of the one before. And some do not count options records (softflowd). Which way a stream counts is seen from
 * what leaves no hole.
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

interface Way {
  /** the number is given when the datagram's own units are counted */
  readonly after: boolean
  readonly countsOptions: boolean
}

/** The right one, and what else there is. */
const WAYS: readonly Way[] = [
  { after: false, countsOptions: true },
  { after: true, countsOptions: true },
  { after: false, countsOptions: false },
  { after: true, countsOptions: false }
]

interface Stream {
  way: Way
  /** the number of the datagram before, its units (−1: not known) and how many of them are options records */
  last: number
  units: number
  options: number
  uptime: number
  datagrams: number
  holes: Hole[]
}

/** The streams of one exporter. */
export interface Sequences {
  readonly streams: Map<number | string, Stream>
  /** that are open in all of them */
  holes: number
  /** units (flows, records or datagrams) that never came */
  missing: number
  restarts: number
}

/** Of an exporter of which nothing has come. */
export function newSequences(): Sequences {
  return { streams: new Map(), holes: 0, missing: 0, restarts: 0 }
}

/**
 * Notes a datagram with `number`, which carries `units` of what the protocol counts, `options` of them options records (−1: not
 * known, so that the next number is taken as it comes). `uptime` is in milliseconds; NaN for a protocol that has none.
 */
export function followSequence(
  sequences: Sequences,
  key: number | string,
  number: number,
  units: number,
  uptime: number,
  options = 0
): void {
  const { streams } = sequences
  let stream = streams.get(key)
  if (stream !== undefined && streams.size >= MAX_STREAMS / 2) {
    // the one whose datagram came last at the end
    streams.delete(key)
    streams.set(key, stream)
  }
  if (stream === undefined) {
    if (streams.size >= MAX_STREAMS) {
      const [oldest] = streams.keys()
      giveUp(sequences, streams.get(oldest)!, Infinity)
      streams.delete(oldest)
    }
    stream = { way: WAYS[0], last: NaN, units, options, uptime, datagrams: 0, holes: [] }
    streams.set(key, stream)
  }
  stream.datagrams++
  let step = stepOf(stream, stream.way, units, options)
  if (step !== moved(stream, number)) {
    stream.way = WAYS.find((way) => stepOf(stream, way, units, options) === moved(stream, number)) ?? stream.way
    step = stepOf(stream, stream.way, units, options)
  }
  const ahead = Number.isNaN(step) ? 0 : (number - stream.last - step) | 0
  const own = Math.max(counted(stream.way, units, options), 0)
  const first = stream.way.after ? (number - own) >>> 0 : number
  if (ahead < 0 && isLate(stream, first, ahead, uptime)) {
    fillHole(sequences, stream, first, Math.max(own, 1))
    giveUp(sequences, stream, stream.datagrams)
    return
  }
  if (ahead < 0) {
    sequences.restarts++
    giveUp(sequences, stream, Infinity)
  } else if (ahead > 0) {
    stream.holes.push({ from: (first - ahead) >>> 0, units: ahead, until: stream.datagrams + REORDER_DATAGRAMS })
    sequences.holes++
  }
  stream.last = number
  stream.units = units
  stream.options = options
  stream.uptime = uptime
  giveUp(sequences, stream, stream.datagrams)
}

function moved(stream: Stream, number: number): number {
  return (number - stream.last) >>> 0
}

/** By how much the number is to move on from the datagram before to one of so many units; NaN where that is not known. */
function stepOf(stream: Stream, way: Way, units: number, options: number): number {
  const step = way.after ? counted(way, units, options) : counted(way, stream.units, stream.options)
  return step < 0 || Number.isNaN(stream.last) ? NaN : step
}

/** The units that are counted; −1 where they are not known. */
function counted(way: Way, units: number, options: number): number {
  return units < 0 || way.countsOptions ? units : units - options
}

/** Whether a smaller number is a datagram that was overtaken; else the exporter has started anew. */
function isLate(stream: Stream, number: number, ahead: number, uptime: number): boolean {
  if (-ahead > REORDER_UNITS) return false
  if (!Number.isNaN(uptime)) return uptime + OVERTAKEN_MS >= stream.uptime
  // where the last unit's number is given, that of the first may be −1
  return (number + 1) >>> 0 > NEAR_ZERO || stream.holes.some(({ from, units }) => (number - from) >>> 0 < units)
}

/** Takes what came late out of the hole that it left. */
function fillHole(sequences: Sequences, stream: Stream, number: number, units: number): void {
  const index = stream.holes.findIndex(({ from, units: size }) => (number - from) >>> 0 < size)
  if (index < 0) return
  const hole = stream.holes[index]
  const before = (number - hole.from) >>> 0
  const after = Math.max(hole.units - before - units, 0)
  const left: Hole[] = []
  if (before > 0) left.push({ ...hole, units: before })
  if (after > 0) left.push({ ...hole, from: (number + units) >>> 0, units: after })
  stream.holes.splice(index, 1, ...left)
  sequences.holes += left.length - 1
}

function giveUp(sequences: Sequences, stream: Stream, datagrams: number): void {
  const { holes } = stream
  while (holes.length > 0 && holes[0].until <= datagrams) {
    sequences.missing += holes.shift()!.units
    sequences.holes--
  }
}

/** Counts what is still open: nothing more comes. */
export function endSequences(sequences: Sequences): void {
  for (const stream of sequences.streams.values()) giveUp(sequences, stream, Infinity)
}
