/** Memory for many byte strings that grow at the same time: chains of chunks out of one block, so that none is moved and nothing is left to the collector. */
import { copier } from '../flow/copy.js'

const CHUNK_BYTES = 1024

/** A chain by its number. All of them together have as many chunks as the block. */
export interface Chunks {
  /** bytes that can be appended to whatever chain, at the least */
  readonly free: number
  /** Appends `buf[start, end)` to a chain, which is to fit into `free`. */
  append(chain: number, buf: Buffer, start: number, end: number): void
  /** Whether a chain, no longer than a chunk, begins with the first `size` bytes of `bytes`. */
  startsWith(chain: number, bytes: Buffer, size: number): boolean
  /** Copies all of a chain to `out`, and makes it empty. */
  takeOut(chain: number, out: Buffer): void
}

/** The longest string that `startsWith` compares. */
export const LONGEST_START = CHUNK_BYTES

/** `chains` chains of `bytes` bytes together, memory of which none is used before it is needed. */
export function openChunks(chains: number, bytes: number): Chunks {
  const count = Math.ceil(bytes / CHUNK_BYTES)
  const memory = Buffer.allocUnsafeSlow(count * CHUNK_BYTES)
  const next = new Int32Array(count)
  const first = new Int32Array(chains).fill(-1)
  const last = new Int32Array(chains)
  /** bytes in the last chunk */
  const fill = new Int32Array(chains)
  const copy = copier()
  let returned = -1 // chunks that were used before: a chain
  let untouched = 0 // from here on no chunk was used so far
  let freeChunks = count

  function freeChunk(): number {
    freeChunks--
    if (returned < 0) return untouched++
    const chunk = returned
    returned = next[chunk]
    return chunk
  }

  function extend(chain: number): void {
    const chunk = freeChunk()
    if (first[chain] < 0) first[chain] = chunk
    else next[last[chain]] = chunk
    last[chain] = chunk
    fill[chain] = 0
  }

  return {
    get free(): number {
      return freeChunks * CHUNK_BYTES
    },
    append(chain, buf, start, end) {
      if (first[chain] < 0 && start < end) extend(chain)
      while (start < end) {
        if (fill[chain] === CHUNK_BYTES) extend(chain)
        const size = Math.min(end - start, CHUNK_BYTES - fill[chain])
        copy(memory, last[chain] * CHUNK_BYTES + fill[chain], buf, start, start + size)
        fill[chain] += size
        start += size
      }
    },
    startsWith(chain, bytes, size) {
      const at = first[chain] * CHUNK_BYTES
      for (let i = 0; i < size; i++) if (memory[at + i] !== bytes[i]) return false
      return true
    },
    takeOut(chain, out) {
      let chunk = first[chain]
      if (chunk < 0) return
      for (let pos = 0; ; chunk = next[chunk], pos += CHUNK_BYTES) {
        freeChunks++
        const isLast = chunk === last[chain]
        const at = chunk * CHUNK_BYTES
        memory.copy(out, pos, at, at + (isLast ? fill[chain] : CHUNK_BYTES))
        if (isLast) break
      }
      next[last[chain]] = returned
      returned = first[chain]
      first[chain] = -1
    }
  }
}
