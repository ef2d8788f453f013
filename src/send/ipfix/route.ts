/**
 * The way of messages to one target. It is no `Destination` of src/ship: that one says when messages are there, and what is not waits, while
 * no target says more than that the system has them, and what is too much for one is dropped, so that no other waits for it.
 */
import type { Network } from '../../flow/address.js'
import type { TargetCounts } from '../targetcounts.js'
import type { FlowExport, Message } from './export.js'

export interface Route {
  /** the target's name */
  readonly name: string
  /** the exporters whose flows it gets; none: all */
  readonly allow: readonly Network[]
  readonly counts: TargetCounts
  /** Sends the message, keeps it for later or counts why not; its bytes are another's when this returns. */
  send(message: Message): void
  /** It is time to tell all templates and options again. */
  defineAgain(): void
  /** more waits for it than is good, and it takes some of it */
  readonly blocked: boolean
  /** The end is near: what it does not take soon is not to be waited for. */
  hurry(): void
  /** Resolved when all is sent, or given up. Throws UserError where something that was to stay is not there. */
  end(): Promise<void>
}

export interface RouteContext {
  readonly exporting: Pick<FlowExport, 'definitions'>
  /** To be called whenever something was sent. */
  readonly onProgress: () => void
}
