/** UDP: payloads as datagrams, each kept where it stays until the system has it. */
import dgram from 'node:dgram'
import type { UdpTarget } from './udptargets.js'
import { drop, MOST_WAITING_BYTES } from './targetcounts.js'

const SLAB_BYTES = 256 * 1024

/** A bound socket of a family, on a port of its own. Throws where there can be none. */
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

/** The sockets of the two families, opened when they are needed. */
export interface Sockets {
  ipv4: dgram.Socket | undefined
  ipv6: dgram.Socket | undefined
}

/** The socket for a family. Throws where there can be none. */
export function socketOf(sockets: Sockets, family: 4 | 6): dgram.Socket {
  const name = family === 6 ? 'ipv6' : 'ipv4'
  return (sockets[name] ??= openSocket(family))
}

/** What was given to a socket is sent before it closes. */
export function closeSockets({ ipv4, ipv6 }: Sockets): void {
  ipv4?.close()
  ipv6?.close()
}

export interface UdpSender {
  /** Keeps `buf[start, end)` for `send`: the buffer may be filled again. */
  keep(buf: Buffer, start: number, end: number): Buffer
  /** Sends what was kept, with so many flows in it, or counts why not. */
  send(payload: Buffer, target: UdpTarget, sockets: Sockets, flows: number): void
  /** Resolved once `isSo`, which is asked whenever something was sent. */
  until(isSo: () => boolean): Promise<void>
  /** datagrams that the system has not taken */
  readonly waiting: number
}

/** A datagram on its way; used again for another when it is sent. */
interface Flight {
  target: UdpTarget
  bytes: number
  flows: number
  readonly done: (error: Error | null) => void
}

/** `onProgress` is called whenever something was sent. */
export function udpSender(onProgress: () => void = () => undefined): UdpSender {
  const idle: Flight[] = []
  let slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  let used = 0
  let waiting = 0
  let wake: (() => void) | undefined

  function newFlight(target: UdpTarget): Flight {
    const flight: Flight = {
      target,
      bytes: 0,
      flows: 0,
      done(error) {
        const { counts } = flight.target
        counts.waitingBytes -= flight.bytes
        waiting--
        if (error === null) {
          counts.sent++
          counts.sentBytes += flight.bytes
          counts.sentFlows += flight.flows
        } else drop(counts, 'error', flight.flows)
        idle.push(flight)
        wake?.()
        onProgress()
      }
    }
    return flight
  }

  return {
    keep(buf, start, end) {
      const bytes = end - start
      if (used + bytes > slab.length) {
        slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, bytes))
        used = 0
      }
      const payload = slab.subarray(used, used + bytes)
      buf.copy(payload, 0, start, end)
      used += bytes
      return payload
    },
    send(payload, target, sockets, flows) {
      const { counts, address } = target
      if (address === undefined) {
        drop(counts, 'unresolved', flows)
        return
      }
      if (counts.waitingBytes + payload.length > MOST_WAITING_BYTES) {
        drop(counts, 'queue-full', flows)
        return
      }
      let socket: dgram.Socket
      try {
        socket = socketOf(sockets, target.family)
      } catch {
        drop(counts, 'no-socket', flows)
        return
      }
      const flight = idle.pop() ?? newFlight(target)
      flight.target = target
      flight.bytes = payload.length
      flight.flows = flows
      counts.waitingBytes += payload.length
      waiting++
      socket.send(payload, target.port, address, flight.done)
    },
    async until(isSo) {
      while (!isSo()) await new Promise<void>((resolve) => (wake = resolve))
      wake = undefined
    },
    get waiting() {
      return waiting
    }
  }
}
