/** What a listener is to the rest of flow-listen, whatever it listens on. */
import type { Log } from '../cli/log.js'
import type { Limit } from '../cli/source.js'
import type { Network } from '../flow/address.js'
import type { CutCause } from './connections.js'
import type { OnExporter } from './exporters.js'
import type { BlockQueue } from './queue.js'
import { type ExporterCounts, OTHERS } from './sharedcounts.js'

export interface Listener {
  /** its URI as logs and metrics have it */
  readonly name: string
  /** what the kernel granted for each of its sockets; undefined of connections */
  readonly rcvbuf: number | undefined
  numbers: () => Numbers
  /** of each of its sockets */
  readonly exporters: readonly ExporterCounts[]
  /** Reads what the kernel has received so far, and no more. */
  drain(): Promise<void>
  close(): void
}

export interface Numbers {
  received: number
  receivedBytes: number
  /** written to stdout */
  written: number
  queueFull: number
  notAllowed: number
  /** dropped by the kernel; undefined where the system does not count them */
  kernel: number | undefined
  queuedDatagrams: number
  queuedBytes: number
  /** of a listener for connections */
  connections?: { open: number; accepted: number; cut: Readonly<Record<CutCause, number>> }
}

/** What all listeners of a run share. */
export interface ListenerContext {
  networks: readonly Network[]
  queue: BlockQueue
  limit: Limit
  log: Log
  /** called at the first datagram of an exporter, and perhaps again when it was forgotten */
  onExporter: (address: string, protocol: string | undefined, allowed: boolean) => void
  /** A thread threw an error: a mistake of the code. */
  onThreadError: (error: Error) => void
}

/** Notes which exporters have the slots of `counts`, and calls `onExporter`. */
export function noteSlots({ addresses }: ExporterCounts, onExporter: ListenerContext['onExporter']): OnExporter {
  return (address, protocol, allowed, slot) => {
    if (slot < OTHERS) addresses[slot] = address
    onExporter(address, protocol, allowed)
  }
}
