/** The blocks that wait for the reader of stdout, in the order in which they were filled. */
import type { Output } from '../flow/output.js'

export interface BlockQueue {
  /** `written` is called when the reader has the bytes. */
  push(bytes: Buffer, written: () => void): void
  /** Waits until the reader has everything. Throws what broke the output. */
  end(): Promise<void>
}

/**
 * A queue in front of `output`, which is given no more than it can pass on: its stream would keep what it is given in a queue of its own,
 * and write that in one piece of which nothing comes back before all of it is written. The bounds are those of who fills the blocks.
 */
export function blockQueue(output: Output): BlockQueue {
  const waiting: { bytes: Buffer; written: () => void }[] = []

  function pump(): void {
    while (waiting.length > 0 && !output.blocked) {
      const { bytes, written } = waiting.shift()!
      output.pass(bytes, () => {
        written()
        pump()
      })
    }
  }

  return {
    push(bytes, written) {
      waiting.push({ bytes, written })
      pump()
    },
    async end() {
      while (waiting.length > 0) await output.ready()
      await output.end()
    }
  }
}
