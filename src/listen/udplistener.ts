/** A listener on UDP. */
import { endOfFrames } from '../flow/frames.js'
import { plural } from '../cli/plural.js'
import { hostAndPort } from './bind.js'
import { kernelDropCounter } from './kernel.js'
import { type Listener, type ListenerContext, noteSlots } from './listener.js'
import { openSockets } from './opensockets.js'
import { BLOCK_BYTES } from './receiver.js'
import {
  type Counts,
  type ExporterCounts,
  newCounts,
  newExporterCounts,
  newQueued,
  NOT_ALLOWED,
  QUEUE_FULL,
  QUEUED_BLOCKS,
  QUEUED_DATAGRAMS,
  RECEIVED,
  RECEIVED_BYTES,
  removeQueued
} from './sharedcounts.js'
import { openUdpSocketInThread } from './thread.js'
import { openUdpSocket, type SocketHandlers, type SocketSettings, type UdpSocket } from './udpsocket.js'
import { type ListenUri, nameOf, whereOf } from './uris.js'

/** Opens the sockets of a URI and reads them. Throws UserError where a socket cannot be opened. */
export async function startUdpListener(
  uri: ListenUri,
  { networks, queue, limit, log, onExporter, onThreadError }: ListenerContext
): Promise<Listener> {
  const queued = newQueued()
  const allCounts: Counts[] = []
  const exporters: ExporterCounts[] = []
  let written = 0

  const sockets = await openSockets(
    uri,
    async (bind, where) => {
      const counts = newCounts()
      const ofExporters = newExporterCounts()
      const byExporter = ofExporters.datagrams
      const settings: SocketSettings = { bind, rcvbuf: uri.rcvbuf, bounds: uri, networks, counts, byExporter, queued }
      const handlers: SocketHandlers = {
        onBlock({ bytes, datagrams }) {
          const wanted = limit.admit(datagrams)
          const done = (): void => {
            written += wanted
            removeQueued(queued, datagrams)
            socket.reuse(bytes.buffer as ArrayBuffer)
          }
          if (wanted === 0) done()
          else queue.push(wanted === datagrams ? bytes : bytes.subarray(0, endOfFrames(bytes, wanted)), done)
        },
        onTrouble(message) {
          log.warn(`${nameOf(uri, socket.local.port)}: ${message}`)
        },
        onExporter: noteSlots(ofExporters, onExporter)
      }
      const socket: UdpSocket = await (where === 'here'
        ? openUdpSocket(settings, handlers)
        : openUdpSocketInThread(settings, handlers, onThreadError))
      allCounts.push(counts)
      exporters.push(ofExporters)
      return socket
    },
    log
  )
  const name = nameOf(uri, sockets[0].local.port)
  const addresses = new Map(sockets.map(({ local }) => [hostAndPort(local.address, local.port), local]))
  const [{ rcvbuf }] = sockets
  for (const address of addresses.keys()) {
    log.info(`listening on ${whereOf(uri, address)}`, { ...(uri.rcvbuf === undefined ? {} : { rcvbuf }) })
  }
  if (uri.rcvbuf !== undefined && rcvbuf < uri.rcvbuf) {
    log.warn(`${name}: rcvbuf=${uri.rcvbuf}: the kernel granted ${rcvbuf} bytes; sysctl net.core.rmem_max is the most it grants`)
  }

  const kernelDrops = kernelDropCounter([...addresses.values()])
  // a socket that was bound before us may have dropped what nobody read in time
  const droppedBefore = uri.fd === undefined ? 0 : (kernelDrops?.() ?? 0)
  if (droppedBefore > 0) log.warn(`${name}: the kernel dropped ${plural(droppedBefore, 'datagram')} before flow-listen was started`)
  const sum = (counter: number): number => allCounts.reduce((total, counts) => total + counts[counter], 0)
  return {
    name,
    rcvbuf,
    exporters,
    numbers: () => ({
      received: sum(RECEIVED),
      receivedBytes: sum(RECEIVED_BYTES),
      written,
      queueFull: sum(QUEUE_FULL),
      notAllowed: sum(NOT_ALLOWED),
      kernel: kernelDrops === undefined ? undefined : kernelDrops() - droppedBefore,
      queuedDatagrams: queued[QUEUED_DATAGRAMS],
      queuedBytes: queued[QUEUED_BLOCKS] * BLOCK_BYTES
    }),
    async drain() {
      await Promise.all(sockets.map((socket) => socket.drain()))
    },
    close() {
      kernelDrops?.() // the kernel forgets the sockets' counts with them
      for (const socket of sockets) socket.close()
    }
  }
}
