/** What a listener is to the rest of flow-listen, whatever it listens on. */
import type { Log } from '../cli/log.js'
import type { Limit } from '../cli/source.js'
import type { Network } from '../flow/address.js'
import type { CutCause } from './connections.js'
import type { OnExporter } from './exporters.js'
import type { BlockQueue } from './queue.js'

export interface Listener {
  /** its URI as logs and metrics have it */
  readonly name: string
  /** what the kernel granted for each of its sockets; undefined of connections */
  readonly rcvbuf: number | undefined
  numbers: () => Numbers
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
  onExporter: OnExporter
  /** A thread threw an error: a mistake of the code. */
  onThreadError: (error: Error) => void
}
