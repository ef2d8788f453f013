/** A listener at work: its sockets and its numbers. */
import type { Log } from '../cli/log.js'
import type { Limit } from '../cli/source.js'
import type { CutCause } from './connections.js'
import type { Network } from '../flow/address.js'
import { endOfFrames } from '../flow/frames.js'
import type { OnExporter } from './exporters.js'
import { type Intake, openIntake, type IntakeHandlers, type IntakePlan } from './udpsocket.js'
import { kernelDropCounter } from './kernel.js'
import { type Listener, nameOf } from './uris.js'
import type { BlockQueue } from './queue.js'
import { BLOCK_BYTES } from './receiver.js'
import { placeOf } from './bind.js'
import { openSockets } from './opensockets.js'
import {
  type Counts,
  HELD_BLOCKS,
  HELD_DATAGRAMS,
  letGo,
  newCounts,
  newHeld,
  NOT_ALLOWED,
  QUEUE_FULL,
  RECEIVED,
  RECEIVED_BYTES
} from './sharedcounts.js'
import { openIntakeInThread } from './thread.js'

export interface Listening {
  /** as in logs and metrics */
  readonly name: string
  /** what the kernel granted for each of its sockets; undefined of connections */
  readonly rcvbuf: number | undefined
  numbers: () => Numbers
  /** Reads what the kernel has, and no more after it. */
  drain(): Promise<void>
  close(): void
}

export interface Numbers {
  received: number
  receivedBytes: number
  /** taken by the reader of stdout */
  written: number
  queueFull: number
  notAllowed: number
  /** dropped by the kernel; undefined where it does not tell */
  kernel: number | undefined
  heldDatagrams: number
  heldBytes: number
  /** of a listener that takes connections */
  connections?: { open: number; accepted: number; cut: Readonly<Record<CutCause, number>> }
}

export interface Surroundings {
  networks: readonly Network[]
  queue: BlockQueue
  limit: Limit
  log: Log
  onExporter: OnExporter
  /** A thread broke. */
  onDeath: (error: Error) => void
}

/** Opens the listener's sockets and reads them. Throws UserError where that cannot be. */
export async function startListening(
  listener: Listener,
  { networks, queue, limit, log, onExporter, onDeath }: Surroundings
): Promise<Listening> {
  const held = newHeld()
  const allCounts: Counts[] = []
  let written = 0

  const intakes = await openSockets(
    listener,
    async (place, where) => {
      const plan: IntakePlan = { place, rcvbuf: listener.rcvbuf, bounds: listener, networks, counts: newCounts(), held }
      const handlers: IntakeHandlers = {
        onBlock({ bytes, datagrams }) {
          const wanted = limit.take(datagrams)
          const done = (): void => {
            written += wanted
            letGo(held, datagrams)
            intake.reuse(bytes.buffer as ArrayBuffer)
          }
          if (wanted === 0) done()
          else queue.push(wanted === datagrams ? bytes : bytes.subarray(0, endOfFrames(bytes, wanted)), done)
        },
        onTrouble(message) {
          log.warn(`${nameOf(listener, intake.place.port)}: ${message}`)
        },
        onExporter
      }
      const intake: Intake = await (where === 'here' ? openIntake(plan, handlers) : openIntakeInThread(plan, handlers, onDeath))
      allCounts.push(plan.counts)
      return intake
    },
    log
  )
  const name = nameOf(listener, intakes[0].place.port)
  const places = new Map(intakes.map(({ place }) => [placeOf(place.address, place.port), place]))
  const [{ rcvbuf }] = intakes
  for (const place of places.keys()) {
    log.info(`listening on ${place} for ${listener.scheme}`, { ...(listener.rcvbuf === undefined ? {} : { rcvbuf }) })
  }
  if (listener.rcvbuf !== undefined && rcvbuf < listener.rcvbuf) {
    log.warn(`${name}: rcvbuf=${listener.rcvbuf}: the kernel granted ${rcvbuf} bytes; sysctl net.core.rmem_max is the most it grants`)
  }

  const kernelDrops = kernelDropCounter([...places.values()])
  const sum = (counter: number): number => allCounts.reduce((total, counts) => total + counts[counter], 0)
  return {
    name,
    rcvbuf,
    numbers: () => ({
      received: sum(RECEIVED),
      receivedBytes: sum(RECEIVED_BYTES),
      written,
      queueFull: sum(QUEUE_FULL),
      notAllowed: sum(NOT_ALLOWED),
      kernel: kernelDrops?.(),
      heldDatagrams: held[HELD_DATAGRAMS],
      heldBytes: held[HELD_BLOCKS] * BLOCK_BYTES
    }),
    async drain() {
      await Promise.all(intakes.map((intake) => intake.drain()))
    },
    close() {
      kernelDrops?.() // gone with the sockets otherwise
      for (const intake of intakes) intake.close()
    }
  }
}
