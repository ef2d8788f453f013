/** One UDP socket and what reads it. The same in the main thread and in a thread of its own. */
import type dgram from 'node:dgram'
import os from 'node:os'
import { reasonOf } from '../cli/exit.js'
import { type Network, parseAddress } from '../flow/address.js'
import type { OnExporter } from './exporters.js'
import { type Block, type Bounds, receiver } from './receiver.js'
import { bindSocket, type Place, type SocketPlace } from './bind.js'
import { type Counts, type Held, RECEIVED } from './sharedcounts.js'

/** What is asked for where no rcvbuf is given: more than the usual default, which a pause of a few milliseconds fills. */
const WISHED_RCVBUF = 4 * 1024 * 1024
/** The least that a datagram takes of the kernel's buffer: what the kernel keeps about it. */
const LEAST_DATAGRAM_COST = 512
/** Linux doubles what was asked for, for what it keeps about datagrams, and shows the double (socket(7)). */
const SHOWN_RCVBUF = os.platform() === 'linux' ? 2 : 1

/** What to open and what to do with what arrives; plain enough to be given to a thread. */
export interface IntakePlan {
  place: SocketPlace
  rcvbuf: number | undefined
  bounds: Bounds
  networks: readonly Network[]
  counts: Counts
  held: Held
}

/** A socket that is being read. */
export interface Intake {
  readonly place: Place
  /** what the kernel granted of SO_RCVBUF */
  readonly rcvbuf: number
  /** Gives back the memory of a block that was handed on. */
  reuse(memory: ArrayBuffer): void
  /** Reads what the kernel has, hands all on, and reads no more. */
  drain(): Promise<void>
  close(): void
}

export interface IntakeHandlers {
  onBlock: (block: Block) => void
  /** The socket had an error and goes on. */
  onTrouble: (message: string) => void
  onExporter: OnExporter
}

/** Opens a socket and reads it in this thread. Throws CannotListenError. */
export async function openIntake(plan: IntakePlan, { onBlock, onTrouble, onExporter }: IntakeHandlers): Promise<Intake> {
  const { place, counts, held } = plan
  const socket = await bindSocket(place)
  const { address, port } = socket.address()
  const rcvbuf = place.shared === undefined ? askForBuffer(socket, plan.rcvbuf ?? WISHED_RCVBUF) : grantedBuffer(socket)
  const { take, reuse, flush } = receiver(plan.bounds, plan.networks, ownAddress(address), port, counts, held, onBlock, onExporter)
  socket.on('message', take)
  socket.on('error', (error) => {
    onTrouble(reasonOf(error))
  })
  return {
    place: { address, port },
    rcvbuf,
    reuse,
    async drain() {
      // what arrives all the time never ends: what is read past the buffer's size was not there when this began
      const most = counts[RECEIVED] + (rcvbuf * SHOWN_RCVBUF) / LEAST_DATAGRAM_COST
      let before
      do {
        before = counts[RECEIVED]
        await turnOfTheLoop()
      } while (counts[RECEIVED] > before && counts[RECEIVED] < most)
      socket.off('message', take)
      flush()
    },
    close() {
      if (place.shared === undefined) socket.close()
    }
  }
}

/** Until all sockets that have something have been read once. */
export async function turnOfTheLoop(): Promise<void> {
  // the first may be served before the sockets are looked at, the second is not
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
}

function askForBuffer(socket: dgram.Socket, bytes: number): number {
  try {
    socket.setRecvBufferSize(bytes)
  } catch {
    // other systems refuse what Linux cuts to what it grants
  }
  return grantedBuffer(socket)
}

function grantedBuffer(socket: dgram.Socket): number {
  return socket.getRecvBufferSize() / SHOWN_RCVBUF
}

/** A socket bound to all addresses is not told which one a datagram was sent to. */
function ownAddress(address: string): Buffer {
  const bytes = parseAddress(address) ?? Buffer.alloc(0)
  return bytes.every((byte) => byte === 0) ? Buffer.alloc(0) : bytes
}
