/** Where messages go. What gathers them, names their keys and watches over them knows no more of a transport than this. */
import type { Messages } from './messages.js'

/** The bytes that go out beside keys and values, at the most: for each list of messages, and for each message. */
export interface Overhead {
  readonly list: number
  readonly message: number
}

export interface Destination {
  /** How many ways there are that keep their order, each by itself; may change. */
  readonly partitions: number
  /**
   * Resolves once the messages are there, but for those that the destination counts as dropped; rejects where the tool is to give up. Called for
   * one list of messages of a partition at a time; the list stays as it is until then.
   */
  deliver(partition: number, messages: Messages): Promise<void>
  readonly overhead: Overhead
  /** messages that are there */
  readonly delivered: number
  /** why messages are waiting; undefined while all is well */
  readonly trouble: string | undefined
}
