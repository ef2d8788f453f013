/** Sends datagrams on, as they came, to each target that takes their exporter. */
import { isOfConnection, newDatagram, readDatagram } from '../flow/datagram.js'
import type { FrameHandler } from '../flow/frames.js'
import type { UdpTarget } from './udptargets.js'
import type { Exporters } from './exporters.js'
import { MOST_WAITING_BYTES } from './targetcounts.js'
import { udpSender } from './udp.js'

export interface Relay {
  readonly onFrame: FrameHandler
  /** whether more waits for every target than it may: then it is better to wait than to drop */
  readonly blocked: boolean
  /** Resolved when there is room again. */
  ready(): Promise<void>
  /** Resolved when all is sent. */
  end(): Promise<void>
  readonly counts: { datagrams: number; malformed: number; unwanted: number }
}

/** Each exporter sends from a socket of its own. */
export function relay(targets: readonly UdpTarget[], exporters: Exporters): Relay {
  const counts = { datagrams: 0, malformed: 0, unwanted: 0 }
  const datagram = newDatagram()
  const sender = udpSender()

  function onFrame(buf: Buffer, start: number, end: number): void {
    counts.datagrams++
    if (!readDatagram(buf, start, end, datagram)) {
      counts.malformed++
      return
    }
    // the end of a connection is no datagram
    if (datagram.payloadEnd === datagram.payloadStart && isOfConnection(datagram)) return
    const exporter = exporters.at(buf, datagram.srcStart, datagram.srcEnd, datagram.srcPort)
    let payload: Buffer | undefined
    for (let i = 0; i < targets.length; i++) {
      if (!exporter.allowed[i]) continue
      payload ??= sender.keep(datagram.buf, datagram.payloadStart, datagram.payloadEnd)
      sender.send(payload, targets[i], exporter, 0)
    }
    if (payload === undefined) counts.unwanted++
  }

  const isBlocked = (): boolean => targets.every(({ counts }) => counts.waitingBytes > MOST_WAITING_BYTES / 2)

  return {
    onFrame,
    get blocked() {
      return isBlocked()
    },
    ready: () => sender.until(() => !isBlocked()),
    end: () => sender.until(() => sender.waiting === 0),
    counts
  }
}
