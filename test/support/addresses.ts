/** Addresses between text and bytes, for tests. */
import net from 'node:net'

/** The 4 or 16 bytes of an address. */
export function parseAddress(text: string): Buffer {
  if (net.isIPv4(text)) return Buffer.from(text.split('.').map(Number))
  if (!net.isIPv6(text)) throw new Error(`no address: ${text}`)
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text)
  const hex =
    dotted === null ? text : dotted[1] + [2, 4].map((i) => (Number(dotted[i]) * 256 + Number(dotted[i + 1])).toString(16)).join(':')
  const [left, right] = hex.split('::').map((half) => half.split(':').filter((group) => group !== ''))
  const groups = right === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right]
  const bytes = Buffer.alloc(16)
  groups.forEach((group, i) => bytes.writeUInt16BE(parseInt(group, 16), 2 * i))
  return bytes
}
