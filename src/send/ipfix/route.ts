/** The way of messages to one target. */
import type { Network } from '../../flow/address.js'
import type { Tally } from '../tally.js'
import type { FlowExport, Message } from './export.js'

export interface Route {
  /** the target's name */
  readonly name: string
  /** the exporters whose flows it gets; none: all */
  readonly allow: readonly Network[]
  readonly tally: Tally
  /** Sends the message, keeps it for later or counts why not; its bytes are another's when this returns. */
  send(message: Message): void
  /** It is time to tell all templates and options again. */
  defineAgain(): void
  /** more waits for it than is good */
  readonly blocked: boolean
  /** Resolved when all is sent, or given up. Throws UserError where something that was to stay is not there. */
  end(): Promise<void>
}

export interface RouteContext {
  readonly exporting: Pick<FlowExport, 'definitions'>
  /** To be called whenever something was sent. */
  readonly onProgress: () => void
}
