/**
 * A socket, and so a port, for each exporter: a collector keeps templates by who sends them, and those of two exporters must not mix there.
 */
import { isInNetwork } from '../flow/address.js'
import type { UdpTarget } from './udptargets.js'
import { closeSockets, type Sockets } from './udp.js'

/** Exporters at a time; past them the one that has been silent for the longest gives its sockets away. */
const MAX_EXPORTERS = 4096

export interface Exporter extends Sockets {
  /** by target: whether its ?allow= lists this exporter */
  readonly allowed: readonly boolean[]
  lastUsed: number
}

export interface Exporters {
  /** The exporter at an address (4 or 16 bytes at `buf[start, end)`) and port. */
  at(buf: Buffer, start: number, end: number, port: number): Exporter
  closeAll(): void
  readonly counts: { exporters: number; closed: number }
}

/** Beyond `most` exporters a new one closes the one that was silent longest. */
export function exportersOf(targets: readonly UdpTarget[], most = MAX_EXPORTERS): Exporters {
  const known = new Map<string, Exporter>()
  const counts = { exporters: 0, closed: 0 }
  let now = 0

  function meet(key: string, address: Buffer): Exporter {
    if (known.size >= most) closeSilent()
    const allowed = targets.map(({ allow }) => allow.length === 0 || allow.some((network) => isInNetwork(address, network)))
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
    closeSockets(oldest[1])
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
      for (const exporter of known.values()) closeSockets(exporter)
      known.clear()
    },
    counts
  }
}
