/**
 * A socket, and so a port, for each exporter: a collector keeps templates by who sends them, and those of two exporters must not mix there.
 */
import dgram from 'node:dgram'
import { isInNetwork } from '../flow/address.js'
import type { Destination } from './destinations.js'

/** Exporters at a time; past them the one that has been silent for the longest gives its sockets away. */
const MAX_EXPORTERS = 4096

export interface Exporter {
  /** the sockets of the two families, opened when they are needed */
  ipv4: dgram.Socket | undefined
  ipv6: dgram.Socket | undefined
  /** by destination: whether its ?allow= lists this exporter */
  readonly allowed: readonly boolean[]
  lastUsed: number
}

export interface Exporters {
  /** The exporter at an address (4 or 16 bytes at `buf[start, end)`) and port. */
  at(buf: Buffer, start: number, end: number, port: number): Exporter
  closeAll(): void
  readonly counts: { exporters: number; closed: number }
}

export function exportersOf(destinations: readonly Destination[], most = MAX_EXPORTERS): Exporters {
  const known = new Map<string, Exporter>()
  const counts = { exporters: 0, closed: 0 }
  let now = 0

  function meet(key: string, address: Buffer): Exporter {
    if (known.size >= most) closeSilent()
    const allowed = destinations.map(({ allow }) => allow.length === 0 || allow.some((network) => isInNetwork(address, network)))
    const exporter = { ipv4: undefined, ipv6: undefined, allowed, lastUsed: now }
    known.set(key, exporter)
    counts.exporters++
    return exporter
  }

  function closeSilent(): void {
    let oldest: [string, Exporter] | undefined
    for (const entry of known) if (oldest === undefined || entry[1].lastUsed < oldest[1].lastUsed) oldest = entry
    if (oldest === undefined) return
    known.delete(oldest[0])
    close(oldest[1])
    counts.closed++
  }

  return {
    at(buf, start, end, port) {
      const key = `${buf.toString('latin1', start, end)}${port}`
      const exporter = known.get(key) ?? meet(key, buf.subarray(start, end))
      exporter.lastUsed = ++now
      return exporter
    },
    closeAll() {
      for (const exporter of known.values()) close(exporter)
      known.clear()
    },
    counts
  }
}

/** What was given to a socket is sent before it closes. */
function close({ ipv4, ipv6 }: Exporter): void {
  ipv4?.close()
  ipv6?.close()
}

/** The exporter's socket for a family. Throws where there can be none. */
export function socketOf(exporter: Exporter, family: 4 | 6): dgram.Socket {
  const name = family === 6 ? 'ipv6' : 'ipv4'
  return (exporter[name] ??= openSocket(family))
}

function openSocket(family: 4 | 6): dgram.Socket {
  let failure: Error | undefined
  const socket = dgram.createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    // addresses come resolved: without a lookup, bind and send do at once what they do
    lookup: (host, _options, done) => {
      done(null, host, family)
    }
  })
  socket.on('error', (error) => (failure = error))
  socket.bind({ port: 0, exclusive: true })
  if (failure === undefined) return socket
  socket.close()
  throw failure
}
