/** IP addresses and networks, as text and as the bytes that messages carry. */
import net from 'node:net'

const DOT = 0x2e
const ZERO = 0x30

/** ::ffff:0:0/96, the IPv4 addresses as IPv6 sockets show them (RFC 4291 §2.5.5.2). */
const MAPPED_PREFIX_BITS = 96

/** Of an IPv4-mapped address in four words, ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2), the third one; the two before it are 0. */
export const MAPPED_WORD = 0xffff

/** Whether `buf[start, end)` is an IPv4-mapped address; its last four bytes are the IPv4 one. */
export function isMappedIPv4(buf: Uint8Array, start = 0, end = buf.length): boolean {
  if (end - start !== 16 || buf[start + 10] !== 0xff || buf[start + 11] !== 0xff) return false
  for (let i = start; i < start + 10; i++) if (buf[i] !== 0) return false
  return true
}

/** The 4 or 16 bytes of an address; an IPv4-mapped one gives 4, a zone (`%eth0`) is left out. Undefined where the text is none. */
export function parseAddress(text: string): Buffer | undefined {
  const bytes = addressBytes(text.split('%', 1)[0])
  return bytes !== undefined && isMappedIPv4(bytes) ? bytes.subarray(12) : bytes
}

/** The same as it is written, without a zone: an IPv4-mapped address gives 16 bytes. */
export function addressBytes(text: string): Buffer | undefined {
  const family = net.isIP(text)
  return family === 0 || text.includes('%') ? undefined : family === 4 ? ipv4Bytes(text) : ipv6Bytes(text)
}

function ipv4Bytes(address: string): Buffer {
  const bytes = Buffer.alloc(4)
  let at = 0
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i)
    if (code === DOT) at++
    else bytes[at] = 10 * bytes[at] + code - ZERO
  }
  return bytes
}

/** RFC 4291 §2.2: groups of 16 bits in hexadecimal, one run of zeros as `::`, the last 32 bits perhaps as IPv4. */
function ipv6Bytes(address: string): Buffer {
  const [head, tail] = address.split('::').map(groupBytes)
  const bytes = Buffer.alloc(16)
  bytes.set(head)
  if (tail !== undefined) bytes.set(tail, 16 - tail.length)
  return bytes
}

function groupBytes(groups: string): Buffer {
  if (groups === '') return Buffer.alloc(0)
  return Buffer.concat(
    groups.split(':').map((group) => (group.includes('.') ? ipv4Bytes(group) : Buffer.from(group.padStart(4, '0'), 'hex')))
  )
}

/** The addresses whose first `prefix` bits are those of `address` (4 or 16 bytes). */
export interface Network {
  address: Uint8Array
  prefix: number
}

/** `10.0.0.0/8`, `2001:db8::/32`, or an address alone; a network of IPv4-mapped addresses is the IPv4 one. Undefined where the text is none. */
export function parseNetwork(text: string): Network | undefined {
  const match = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text)
  const address = match === null ? undefined : parseAddress(match[1])
  if (match === null || address === undefined) return undefined
  const bits = 8 * address.length
  const unseen = net.isIPv6(match[1]) && bits === 32 ? MAPPED_PREFIX_BITS : 0
  const prefix = match[2] === undefined ? bits : Number(match[2]) - unseen
  return prefix < 0 || prefix > bits ? undefined : { address, prefix }
}

/** Whether an address of 4 or 16 bytes is in the network, an IPv4-mapped one as the IPv4 one; one of the other family is not. */
export function isInNetwork(address: Uint8Array, { address: network, prefix }: Network): boolean {
  const from = isMappedIPv4(address) ? 12 : 0
  if (address.length - from !== network.length) return false
  const whole = prefix >> 3
  for (let i = 0; i < whole; i++) if (address[from + i] !== network[i]) return false
  const rest = prefix & 7
  return rest === 0 || (address[from + whole] ^ network[whole]) >> (8 - rest) === 0
}
