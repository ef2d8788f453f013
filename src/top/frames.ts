/** The flows of a while, kept so that they can be grouped and filtered anew. */

const BLOCK_BYTES = 256 * 1024
const LENGTH_BYTES = 4

/** The memory of all flows of a tool. */
export interface FrameBudget {
  readonly maxBytes: number
  bytes: number
}

export interface KeptFrames {
  /** Keeps a copy of a message; false where there is no room. */
  add(buf: Buffer, start: number, end: number): boolean
  each(onMessage: (buf: Buffer, start: number, end: number) => void): void
  /** Forgets them all; none is kept from then on. */
  release(): void
  /** whether all frames that were added are here */
  isComplete(): boolean
}

/** None; what they take comes out of the budget. */
export function keptFrames(budget: FrameBudget): KeptFrames {
  let blocks: Buffer[] = []
  let pos = 0
  let released = false

  return {
    add(buf, start, end) {
      if (released) return true
      const size = LENGTH_BYTES + end - start
      let block = blocks.at(-1)
      if (block === undefined || pos + size > block.length) {
        const bytes = Math.max(BLOCK_BYTES, size)
        if (budget.bytes + bytes > budget.maxBytes) return false
        if (block !== undefined && pos + LENGTH_BYTES <= block.length) block.writeInt32LE(-1, pos)
        block = Buffer.allocUnsafeSlow(bytes)
        blocks.push(block)
        budget.bytes += bytes
        pos = 0
      }
      block.writeInt32LE(end - start, pos)
      buf.copy(block, pos + LENGTH_BYTES, start, end)
      pos += size
      return true
    },
    each(onMessage) {
      for (const block of blocks) {
        const end = block === blocks.at(-1) ? pos : block.length
        for (let at = 0; at + LENGTH_BYTES <= end;) {
          const size = block.readInt32LE(at)
          if (size < 0) break // the rest of the block is free
          onMessage(block, at + LENGTH_BYTES, at + LENGTH_BYTES + size)
          at += LENGTH_BYTES + size
        }
      }
    },
    release() {
      for (const { length } of blocks) budget.bytes -= length
      blocks = []
      pos = 0
      released = true
    },
    isComplete: () => !released
  }
}
