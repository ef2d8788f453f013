/** Hashes of the words of a key (MurmurHash3 for 32 bits, by Austin Appleby, in the public domain). */

/** The hash of `words[0, length)`. */
export function hashWords(words: Int32Array, length: number, seed: number): number {
  let hash = seed
  for (let i = 0; i < length; i++) {
    let word = Math.imul(words[i], 0xcc9e2d51)
    word = (word << 15) | (word >>> 17)
    hash ^= Math.imul(word, 0x1b873593)
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  hash ^= length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
