/** The blocks that wait for the reader of stdout, in the order in which they were filled. */
import type { Output } from '../flow/output.js'

export interface BlockQueue {
  /** `taken` is called when the reader has the bytes. */
  push(bytes: Buffer, taken: () => void): void
  /** Waits until the reader has everything. Throws what broke the output. */
  end(): Promise<void>
}

/**
 * A queue in front of `output`, which is given no more than it can pass on: its stream would keep what it is given in a queue of its own,
 * and write that in one piece of which nothing comes back before all of it is taken. The bounds are those of who fills the blocks.
 */
export function blockQueue(output: Output): BlockQueue {
  const waiting: { bytes: Buffer; taken: () => void }[] = []

  function pump(): void {
    while (waiting.length > 0 && !output.blocked) {
      const { bytes, taken } = waiting.shift()!
      output.pass(bytes, () => {
        taken()
        pump()
      })
    }
  }

  return {
    push(bytes, taken) {
      waiting.push({ bytes, taken })
      pump()
    },
    async end() {
      while (waiting.length > 0) await output.ready()
      await output.end()
    }
  }
}
