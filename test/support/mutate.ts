/** Changes real input a little, so that it goes far before something in it is wrong. */

/** What sits at the edges of counts and lengths. */
const EDGES = [0, 1, 4, 255, 256, 0x7fff, 0x8000, 0xffff]
/** Headers, and what follows them, are hit more often than the rest. */
const HEAD_BYTES = 80
const MOST_CHANGES = 8
const MOST_MOVED_BYTES = 64

/** Changes one to eight things: bytes, numbers of 16 bits, the length, a part of it taken out, doubled or put in from `other`. */
export function mutate(input: Buffer, other: Buffer, random: () => number): Buffer {
  let bytes = Buffer.from(input)
  for (let changes = (random() % MOST_CHANGES) + 1; changes > 0 && bytes.length > 4; changes--) {
    const at = random() % 2 === 0 ? random() % bytes.length : random() % Math.min(bytes.length, HEAD_BYTES)
    const length = random() % MOST_MOVED_BYTES
    switch (random() % 8) {
      case 0:
      case 1:
        bytes[at] = random()
        break
      case 2:
        bytes[at] ^= 1 << (random() % 8)
        break
      case 3:
        bytes.writeUInt16BE(EDGES[random() % EDGES.length], Math.min(at, bytes.length - 2))
        break
      case 4:
        bytes = bytes.subarray(0, at)
        break
      case 5:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
        break
      case 6:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.max(at - length, 0))])
        break
      default: {
        const from = random() % Math.max(other.length, 1)
        bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + length), bytes.subarray(at)])
      }
    }
  }
  return bytes
}

/** The same of text: its words and marks change places with those of `other`, go, or come twice; now and then a byte is anything. */
export function mutateText(input: string, other: string, random: () => number): string {
  const pieces = (text: string): string[] => text.match(/\w+|\s+|[^\w\s]/g) ?? []
  const words = pieces(input)
  const others = pieces(other)
  for (let changes = (random() % MOST_CHANGES) + 1; changes > 0 && words.length > 0; changes--) {
    const at = random() % words.length
    switch (random() % 6) {
      case 0:
        words.splice(at, 1)
        break
      case 1:
        words.splice(at, 0, words[random() % words.length])
        break
      case 2:
      case 3:
        words[at] = others[random() % Math.max(others.length, 1)] ?? ''
        break
      case 4:
        words[at] = words[at].slice(0, random() % (words[at].length + 1)) + String.fromCharCode(random() % 0x250)
        break
      default:
        words.length = at
    }
  }
  return words.join('')
}
