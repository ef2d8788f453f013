/** The numbers of a listener, in memory that its threads and the main thread share. */

/** Counters of one socket, written by the thread that reads it alone. */
export const RECEIVED = 0
export const RECEIVED_BYTES = 1
export const QUEUE_FULL = 2
export const NOT_ALLOWED = 3
export type Counts = Float64Array

/** What a listener holds in blocks on their way to the reader; many threads add and subtract. */
export const HELD_DATAGRAMS = 0
export const HELD_BLOCKS = 1
export type Held = Int32Array

export function newCounts(): Counts {
  return new Float64Array(new SharedArrayBuffer(4 * Float64Array.BYTES_PER_ELEMENT))
}

export function newHeld(): Held {
  return new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT))
}

export function hold(held: Held, datagrams: number): void {
  Atomics.add(held, HELD_DATAGRAMS, datagrams)
  Atomics.add(held, HELD_BLOCKS, 1)
}

/** The reader took a block. Wakes the threads that wait for room. */
export function letGo(held: Held, datagrams: number): void {
  Atomics.sub(held, HELD_DATAGRAMS, datagrams)
  Atomics.sub(held, HELD_BLOCKS, 1)
  Atomics.notify(held, HELD_BLOCKS)
}
