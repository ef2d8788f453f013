/** A UDP socket that is read. It works alike in the main thread and in a thread of its own. */
import type dgram from 'node:dgram'
import os from 'node:os'
import { reasonOf } from '../cli/exit.js'
import { type Network, parseAddress } from '../flow/address.js'
import { type BindAddress, bindSocket, type SocketAddress } from './bind.js'
import type { OnExporter } from './exporters.js'
import { type Block, type Bounds, receiver } from './receiver.js'
import { type Counts, type Queued, RECEIVED } from './sharedcounts.js'

/** The receive buffer to ask for where no rcvbuf is given: more than the usual default, which a pause of a few milliseconds fills. */
const DEFAULT_RCVBUF = 4 * 1024 * 1024
/** The least that a datagram takes of the kernel's buffer: the kernel's own record of it. */
const LEAST_DATAGRAM_BYTES = 512
/** Linux doubles the size that is asked for, to have room for its records of datagrams, and shows the double (socket(7)). */
const SHOWN_RCVBUF = os.platform() === 'linux' ? 2 : 1

/** What to open, and what to do with datagrams. It can be sent to a thread. */
export interface SocketSettings {
  bind: BindAddress
  rcvbuf: number | undefined
  bounds: Bounds
  networks: readonly Network[]
  counts: Counts
  /** datagrams by the slots of exporters */
  byExporter: Float64Array
  queued: Queued
}

export interface UdpSocket {
  /** the address that it is bound to */
  readonly local: SocketAddress
  /** the bytes of SO_RCVBUF that the kernel granted */
  readonly rcvbuf: number
  /** Gives back the memory of a block that was handed on. */
  reuse(memory: ArrayBuffer): void
  /** Reads what the kernel has received so far, hands it on, and reads no more. */
  drain(): Promise<void>
  close(): void
}

export interface SocketHandlers {
  onBlock: (block: Block) => void
  /** The socket had an error and goes on. */
  onTrouble: (message: string) => void
  onExporter: OnExporter
}

/** Opens a socket and reads it in this thread. Throws CannotListenError. */
export async function openUdpSocket(settings: SocketSettings, { onBlock, onTrouble, onExporter }: SocketHandlers): Promise<UdpSocket> {
  const { bind, counts, queued } = settings
  const socket = await bindSocket(bind)
  const { address, port } = socket.address()
  const isOurs = bind.bound?.by !== 'a thread'
  // who bound the socket has chosen, perhaps more than we may ask for
  const wanted = settings.rcvbuf ?? (bind.bound === undefined ? DEFAULT_RCVBUF : undefined)
  const rcvbuf = isOurs && wanted !== undefined ? askForBuffer(socket, wanted) : grantedBuffer(socket)
  const { receive, reuse, flush } = receiver(
    settings.bounds,
    settings.networks,
    ownAddress(address),
    port,
    counts,
    settings.byExporter,
    queued,
    onBlock,
    onExporter
  )
  socket.on('message', receive)
  socket.on('error', (error) => {
    onTrouble(reasonOf(error))
  })
  return {
    local: { address, port },
    rcvbuf,
    reuse,
    async drain() {
      // datagrams may never stop coming: those beyond what the buffer holds were not received when this began
      const most = counts[RECEIVED] + (rcvbuf * SHOWN_RCVBUF) / LEAST_DATAGRAM_BYTES
      let before
      do {
        before = counts[RECEIVED]
        await turnOfTheLoop()
      } while (counts[RECEIVED] > before && counts[RECEIVED] < most)
      socket.off('message', receive)
      // what comes from now on waits in a socket that others have open too, for who is started next
      if (bind.bound?.by === 'who started us') socket.close()
      flush()
    },
    close() {
      if (bind.bound === undefined) socket.close()
    }
  }
}

/** Waits until the event loop has read every socket once that has something. */
export async function turnOfTheLoop(): Promise<void> {
  // the first callback may run before the loop looks at the sockets, the second does not
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
}

function askForBuffer(socket: dgram.Socket, bytes: number): number {
  try {
    socket.setRecvBufferSize(bytes)
  } catch {
    // other systems refuse a size that Linux would cut
  }
  return grantedBuffer(socket)
}

function grantedBuffer(socket: dgram.Socket): number {
  return socket.getRecvBufferSize() / SHOWN_RCVBUF
}

/** The address that datagrams are sent to; empty for a socket bound to all addresses, which does not learn it. */
function ownAddress(address: string): Buffer {
  const bytes = parseAddress(address) ?? Buffer.alloc(0)
  return bytes.every((byte) => byte === 0) ? Buffer.alloc(0) : bytes
}
