/**
 * IPFIX over TCP (RFC 7011 section 10.4): the connections of one listener. Each message of a connection becomes a Datagram with the
 * connection's number, and its end one with no payload.
 *
 *     stream  := message*
 *     message := version 10 (2), length with the header (2), …
 *
 * A connection that brings anything else is cut off, and so is one that is too slow: within a message, or between two.
 */
import type net from 'node:net'
import { addressText } from '../text/addresses.js'
import { readUint16 } from '../flow/bigendian.js'
import { type BlockReader, blockReader, BrokenStreamError } from '../flow/blocks.js'
import { writeDatagram } from '../flow/datagram.js'
import type { Output } from '../flow/output.js'
import { parseAddress } from '../flow/address.js'
import { hostAndPort } from './bind.js'
import { wallClock } from './clock.js'
import type { exporterLookup } from './exporters.js'
import { turnOfTheLoop } from './udpsocket.js'

const VERSION = 10
const HEADER_BYTES = 16

/** Why a connection is refused or cut off. */
export const CUT_CAUSES = [
  'not-allowed', // -allow does not list its exporter
  'too-many', // as many are open as may be
  'handshake', // TLS failed: no certificate, or not one of the right authority
  'nonsense', // something other than an IPFIX message came
  'inside-message', // it ended, or broke, inside a message
  'slow', // a message took too long
  'idle' // nothing came for too long
] as const
export type CutCause = (typeof CUT_CAUSES)[number]

export interface ConnectionLimits {
  /** milliseconds without a message */
  readonly idleMs: number
  /** milliseconds for a message, from its first byte on; for the first, from the start of the connection */
  readonly timeoutMs: number
}

export interface ConnectionCounts {
  accepted: number
  messages: number
  /** of these, those that went out as datagrams */
  written: number
  bytes: number
  readonly cut: Record<CutCause, number>
}

interface Connection {
  readonly socket: net.Socket
  readonly name: string
  readonly messages: BlockReader
  /** its number, as two halves */
  readonly hi: number
  readonly lo: number
  hadMessage: boolean
  /** when the message that is being received began; 0 between two */
  begunAt: number
  /** when the last message ended, or the connection began */
  since: number
  /** why it was cut off; undefined while it is open */
  cut: CutCause | undefined
}

export interface Connections {
  readonly open: number
  readonly counts: ConnectionCounts
  /** Whether -allow lists who connects; otherwise the connection is refused. */
  admits(socket: net.Socket): boolean
  /** Reads a connection that was admitted from now on; over TLS its handshake is done. */
  accept(socket: net.Socket): void
  /** Counts one that is not accepted. */
  refuse(cause: CutCause, who: string): void
  /** Reads what the kernel has received so far; false where time ran out before that. */
  drain(): Promise<boolean>
  /** Ends all connections. */
  closeAll(): Promise<void>
}

/** How often slow connections are looked for. */
const SWEEP_MS = 1000
/** More than the kernel keeps of a connection (tcp(7): tcp_rmem): what comes beyond that was not received when the end began. */
const MOST_DRAINED_BYTES = 16 * 1024 * 1024
/** Nor is more read after so long, however little the reader of stdout takes at a time. */
const MOST_DRAINING_MS = 30_000

export interface ConnectionHandlers {
  /** asked before each message goes out */
  readonly isWanted: () => boolean
  /** called for each connection that is taken */
  readonly onOpen: (who: string) => void
  /** called for each that is refused or cut off */
  readonly onCut: (who: string, cause: CutCause) => void
}

/** `byExporter` counts messages by the slots of exporters. `output` sets the pace: while it is blocked no connection is read. */
export function connections(
  limits: ConnectionLimits,
  output: Output,
  exporterOf: ReturnType<typeof exporterLookup>,
  byExporter: Float64Array,
  { isWanted, onOpen, onCut }: ConnectionHandlers,
  now: () => number = () => performance.now()
): Connections {
  const all = new Set<Connection>()
  const cut = Object.fromEntries(CUT_CAUSES.map((cause) => [cause, 0])) as Record<CutCause, number>
  const counts: ConnectionCounts = { accepted: 0, messages: 0, written: 0, bytes: 0, cut }
  const clock = wallClock()
  let lastHi = 0
  let lastLo = 0
  /** until the reader has room again; undefined while connections are read */
  let pausing: Promise<void> | undefined
  let chunks = 0

  const sweeping = setInterval(sweep, Math.min(SWEEP_MS, limits.timeoutMs, limits.idleMs))
  sweeping.unref()

  function sweep(): void {
    if (pausing !== undefined) return
    const at = now()
    for (const connection of all) {
      const { begunAt, since, hadMessage } = connection
      if (begunAt > 0 ? at - begunAt > limits.timeoutMs : !hadMessage && at - since > limits.timeoutMs) end(connection, 'slow')
      else if (at - since > limits.idleMs) end(connection, 'idle')
    }
  }

  /** A number that no connection had, and none of a later start will have: its beginning in nanoseconds. */
  function setNumber(): void {
    clock.read()
    const { hi, lo } = clock
    if (hi > lastHi || (hi === lastHi && lo > lastLo)) {
      lastHi = hi
      lastLo = lo
    } else if (++lastLo === 2 ** 32) {
      lastLo = 0
      lastHi++
    }
  }

  function refuse(cause: CutCause, who: string): void {
    cut[cause]++
    onCut(who, cause)
  }

  function end(connection: Connection, cause: CutCause): void {
    if (connection.cut !== undefined) return
    connection.cut = cause
    refuse(cause, connection.name)
    connection.socket.destroy()
  }

  async function pause(): Promise<void> {
    for (const { socket } of all) socket.pause()
    const began = now()
    await output.ready().catch(() => undefined)
    const waited = now() - began
    pausing = undefined
    for (const connection of all) {
      // the wait was ours
      connection.since += waited
      if (connection.begunAt > 0) connection.begunAt += waited
      connection.socket.resume()
    }
  }

  function sizeOf(buf: Buffer, pos: number, stop: number, offset: number): number {
    if (stop - pos < 4) return 0
    const version = readUint16(buf, pos)
    const length = readUint16(buf, pos + 2)
    if (version !== VERSION) throw new BrokenStreamError(`a version of ${version}`, offset)
    if (length < HEADER_BYTES) throw new BrokenStreamError(`a message of ${length} bytes`, offset)
    return length
  }

  function admits(socket: net.Socket): boolean {
    const { allowed } = exporterOf(socket.remoteAddress ?? '')
    if (!allowed) {
      refuse('not-allowed', peerOf(socket))
      socket.destroy()
    }
    return allowed
  }

  function accept(socket: net.Socket): void {
    const { remoteAddress = '', remotePort = 0 } = socket
    const exporter = exporterOf(remoteAddress)
    const name = peerOf(socket)
    socket.on('error', () => undefined) // 'close' follows
    counts.accepted++
    onOpen(name)
    setNumber()
    const dst = parseAddress(socket.localAddress ?? '') ?? Buffer.alloc(0)
    const dstPort = socket.localPort ?? 0
    const append = (payload: Buffer): void => {
      clock.read()
      writeDatagram(output, payload, exporter.address, remotePort, dst, dstPort, clock.hi, clock.lo, hi, lo)
      output.commit()
    }
    const [hi, lo] = [lastHi, lastLo]
    const onMessage = (buf: Buffer, start: number, stop: number): boolean => {
      counts.messages++
      byExporter[exporter.slot]++
      counts.bytes += stop - start
      connection.hadMessage = true
      if (isWanted()) {
        counts.written++
        append(buf.subarray(start, stop))
      }
      return true
    }
    const connection: Connection = {
      socket,
      name,
      messages: blockReader(sizeOf, onMessage, 'the connection ends inside a message'),
      hi,
      lo,
      hadMessage: false,
      begunAt: 0,
      since: now(),
      cut: undefined
    }
    all.add(connection)

    socket.on('data', (chunk: Buffer) => {
      chunks++
      if (connection.cut !== undefined) return
      const { messages } = connection
      const before = messages.offset
      try {
        messages.push(chunk)
      } catch (error) {
        if (!(error instanceof BrokenStreamError)) throw error
        end(connection, 'nonsense')
        return
      }
      if (messages.offset !== before) {
        connection.since = now()
        connection.begunAt = 0
      }
      if (connection.begunAt === 0 && messages.isInside) connection.begunAt = now()
      if (output.blocked) pausing ??= pause()
    })
    socket.on('close', () => {
      all.delete(connection)
      if (connection.cut === undefined && connection.messages.isInside) refuse('inside-message', name)
      append(Buffer.alloc(0))
    })
    if (pausing !== undefined) socket.pause()
  }

  return {
    counts,
    get open() {
      return all.size
    },
    admits,
    accept,
    refuse,
    async drain() {
      const began = new Map([...all].map(({ socket }) => [socket, socket.bytesRead]))
      let timer: NodeJS.Timeout | undefined
      let isLate = false
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(() => {
          isLate = true
          resolve()
        }, MOST_DRAINING_MS)
      })
      let before
      do {
        await Promise.race([pausing, late])
        before = chunks
        await turnOfTheLoop()
        for (const { socket } of all) if (socket.bytesRead - (began.get(socket) ?? 0) > MOST_DRAINED_BYTES) socket.destroy()
      } while ((chunks > before || pausing !== undefined) && !isLate)
      clearTimeout(timer)
      return !isLate
    },
    async closeAll() {
      clearInterval(sweeping)
      const closed = [...all].map(({ socket }) => new Promise((resolve) => socket.once('close', resolve)))
      for (const { socket } of all) socket.destroy()
      await Promise.all(closed)
    }
  }
}

/** The other end of a connection, for people: `192.0.2.1:4739`. */
export function peerOf({ remoteAddress = '', remotePort = 0 }: Pick<net.Socket, 'remoteAddress' | 'remotePort'>): string {
  const address = parseAddress(remoteAddress)
  return address === undefined ? 'a client' : hostAndPort(addressText(address), remotePort)
}
