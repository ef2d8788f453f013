/** The counts of a listener, in memory that its threads and the main thread share. */

/** The counts of one socket; only the thread that reads it writes them. */
export const RECEIVED = 0
export const RECEIVED_BYTES = 1
export const QUEUE_FULL = 2
export const NOT_ALLOWED = 3
export type Counts = Float64Array

/** Slots of exporters whose datagrams are counted by themselves, and the one behind them for all others. */
export const OTHERS = 1000

/** The datagrams of the exporters of one socket by slot, and the addresses that have the slots. */
export interface ExporterCounts {
  readonly datagrams: Float64Array
  readonly addresses: string[]
}

/** The datagrams and blocks of a listener that wait for the reader of stdout; many threads add and subtract. */
export const QUEUED_DATAGRAMS = 0
export const QUEUED_BLOCKS = 1
export type Queued = Int32Array

/** All of them zero. */
export function newCounts(): Counts {
  return sharedNumbers(4)
}

/** Without an exporter. */
export function newExporterCounts(): ExporterCounts {
  return { datagrams: sharedNumbers(OTHERS + 1), addresses: [] }
}

function sharedNumbers(count: number): Float64Array {
  return new Float64Array(new SharedArrayBuffer(count * Float64Array.BYTES_PER_ELEMENT))
}

/** Nothing waits. */
export function newQueued(): Queued {
  return new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))
}

/** A block of so many datagrams waits as well. */
export function addQueued(queued: Queued, datagrams: number): void {
  Atomics.add(queued, QUEUED_DATAGRAMS, datagrams)
  Atomics.add(queued, QUEUED_BLOCKS, 1)
}

/** The reader took a block: wakes the threads that wait for room. */
export function removeQueued(queued: Queued, datagrams: number): void {
  Atomics.sub(queued, QUEUED_DATAGRAMS, datagrams)
  Atomics.sub(queued, QUEUED_BLOCKS, 1)
  Atomics.notify(queued, QUEUED_BLOCKS)
}
