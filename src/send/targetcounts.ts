/** What became of what was to go to one target. */

/** Why a target does not get a datagram or a flow. */
export const DROP_CAUSES = [
  'queue-full', // more waits for it than it may: it, or the way to it, is slow
  'unresolved', // its name has no address
  'no-socket', // no socket of its family could be opened
  'disconnected', // its connection broke before it had them, or never came about
  'error' // the system refused to send it, or to write it
] as const
export type DropCause = (typeof DROP_CAUSES)[number]
export type Drops = Record<DropCause, number>

export interface TargetCounts {
  /** datagrams, or messages of flows */
  sent: number
  sentBytes: number
  sentFlows: number
  /** what was not sent: datagrams, and flows */
  readonly dropped: Drops
  readonly droppedFlows: Drops
  /** what waits to be taken by the system */
  waitingBytes: number
}

const noDrops = (): Drops => ({ 'queue-full': 0, unresolved: 0, 'no-socket': 0, disconnected: 0, error: 0 })

/** All of them zero. */
export function newTargetCounts(): TargetCounts {
  return { sent: 0, sentBytes: 0, sentFlows: 0, dropped: noDrops(), droppedFlows: noDrops(), waitingBytes: 0 }
}

/** What may wait for one target. */
export const MOST_WAITING_BYTES = 8 * 1024 * 1024

/** Takes note of what a target did not get: a datagram or message, with so many flows. */
export function drop({ dropped, droppedFlows }: TargetCounts, cause: DropCause, flows: number): void {
  dropped[cause]++
  droppedFlows[cause] += flows
}
