/** Sends datagrams on, as they came, to each destination that takes their exporter. */
import { type Datagram, newDatagram, readDatagram } from '../flow/datagram.js'
import type { FrameHandler } from '../flow/frames.js'
import type { Destination } from './destinations.js'
import { type Exporters, socketOf } from './exporters.js'

/** What may wait for one destination. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024
const SLAB_BYTES = 256 * 1024

export interface Relay {
  readonly onFrame: FrameHandler
  /** whether more waits for every destination than it may: then it is better to wait than to drop */
  readonly blocked: boolean
  /** Resolved when there is room again. */
  ready(): Promise<void>
  /** Resolved when all is sent. */
  end(): Promise<void>
  readonly counts: { datagrams: number; malformed: number; unwanted: number }
}

export function relay(destinations: readonly Destination[], exporters: Exporters): Relay {
  const counts = { datagrams: 0, malformed: 0, unwanted: 0 }
  const datagram = newDatagram()
  let slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
  let used = 0
  let waiting = 0
  let wake: (() => void) | undefined

  function onFrame(buf: Buffer, start: number, end: number): void {
    counts.datagrams++
    if (!readDatagram(buf, start, end, datagram)) {
      counts.malformed++
      return
    }
    const exporter = exporters.at(buf, datagram.srcStart, datagram.srcEnd, datagram.srcPort)
    let payload: Buffer | undefined
    for (let i = 0; i < destinations.length; i++) {
      if (!exporter.allowed[i]) continue
      const destination = destinations[i]
      payload ??= payloadOf(datagram)
      if (destination.address === undefined) destination.dropped.unresolved++
      else if (destination.waitingBytes + payload.length > MAX_WAITING_BYTES) destination.dropped['queue-full']++
      else send(payload, destination, exporter)
    }
    if (payload === undefined) counts.unwanted++
  }

  function send(payload: Buffer, destination: Destination, exporter: ReturnType<Exporters['at']>): void {
    const size = payload.length
    destination.waitingBytes += size
    waiting++
    const done = (error: Error | null): void => {
      destination.waitingBytes -= size
      waiting--
      if (error === null) {
        destination.sent++
        destination.sentBytes += size
      } else destination.dropped.error++
      wake?.()
    }
    try {
      socketOf(exporter, destination.family).send(payload, 0, size, destination.port, destination.address, done)
    } catch {
      destination.waitingBytes -= size
      waiting--
      destination.dropped['no-socket']++
    }
  }

  /** The payload where it stays until it is sent: the chunk that it came in is filled again before that. */
  function payloadOf({ buf, payloadStart, payloadEnd }: Datagram): Buffer {
    const size = payloadEnd - payloadStart
    if (used + size > slab.length) {
      slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, size))
      used = 0
    }
    const payload = slab.subarray(used, used + size)
    buf.copy(payload, 0, payloadStart, payloadEnd)
    used += size
    return payload
  }

  async function until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => (wake = resolve))
    wake = undefined
  }

  const isBlocked = (): boolean => destinations.every(({ waitingBytes }) => waitingBytes > MAX_WAITING_BYTES / 2)

  return {
    onFrame,
    get blocked() {
      return isBlocked()
    },
    ready: () => until(() => !isBlocked()),
    end: () => until(() => waiting === 0),
    counts
  }
}
