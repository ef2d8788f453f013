/** The sockets of a listen URI: one for each address of its host, or as many as its `count`. */
import dns from 'node:dns/promises'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import { EXIT, reasonOf, UserError } from '../cli/exit.js'
import type { Log } from '../cli/log.js'
import { parseAddress } from '../flow/address.js'
import { type BindAddress, bindSocket, CannotListenError } from './bind.js'
import { ownSockets } from './kernel.js'
import type { UdpSocket } from './udpsocket.js'
import { type ListenUri, nameOf } from './uris.js'

/** Opens one socket, and reads it in this thread or in a new one. Throws CannotListenError. */
export type OpenSocket = (bind: BindAddress, where: 'here' | 'in a thread') => Promise<UdpSocket>

/** The error codes of a system without IPv6. */
export const NO_IPV6_CODES = ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EPROTONOSUPPORT']

/** Opens all sockets of a URI. Throws UserError where one cannot be opened. */
export async function openSockets(uri: ListenUri, open: OpenSocket, log: Log): Promise<UdpSocket[]> {
  if (uri.fd !== undefined) {
    const bound = { fd: uri.fd, by: 'who started us' } as const
    return [await open({ address: '', port: 0, reusePort: false, bound }, uri.blocking ? 'in a thread' : 'here')]
  }
  const openAt = (address: string, port = uri.port): Promise<UdpSocket[]> =>
    openShared(uri, { address, port, reusePort: false, bound: undefined }, open, log)
  if (uri.host !== '') return (await Promise.all((await addressesOf(uri)).map((address) => openAt(address)))).flat()
  let opened
  try {
    opened = await openAt('::')
  } catch (error) {
    if (!(error instanceof CannotListenError) || !NO_IPV6_CODES.includes(error.code ?? '')) throw error
    return openAt('0.0.0.0')
  }
  return ipv6SocketsTakeIPv4() ? opened : [...opened, ...(await openAt('0.0.0.0', opened[0].local.port))]
}

/** Whether an IPv6 socket receives IPv4 datagrams too, as it does unless the administrator changed Linux's default (ipv6(7), IPV6_V6ONLY). */
function ipv6SocketsTakeIPv4(): boolean {
  try {
    return fs.readFileSync('/proc/sys/net/ipv6/bindv6only', 'latin1').trim() !== '1'
  } catch {
    return true
  }
}

async function addressesOf(uri: ListenUri): Promise<string[]> {
  const { host } = uri
  if (net.isIP(host) !== 0) return [asIPv4(host)]
  try {
    const found = await dns.lookup(host, { all: true })
    return [...new Set(found.map(({ address }) => asIPv4(address)))]
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOTFOUND' ? 'no such host' : reasonOf(error)
    throw new UserError(EXIT.unavailable, `cannot listen on ${nameOf(uri)}: ${host}: ${reason}`)
  }
}

/** An IPv4-mapped address as the IPv4 one; others as they are. */
function asIPv4(address: string): string {
  const bytes = parseAddress(address)
  return bytes?.length === 4 ? bytes.join('.') : address
}

async function openShared({ count, blocking }: ListenUri, bind: BindAddress, open: OpenSocket, log: Log): Promise<UdpSocket[]> {
  if (count === 1) return [await open(bind, blocking ? 'in a thread' : 'here')]
  if (canReusePort()) {
    // a socket that does not share finds out whether the port is in use, by another flow-listen that shares it too
    const probe = await bindSocket(bind)
    const { port } = probe.address()
    await new Promise<void>((resolve) => probe.close(resolve))
    return Promise.all(Array.from({ length: count }, () => open({ ...bind, port, reusePort: true }, 'in a thread')))
  }
  const first = await open(bind, 'in a thread')
  const [shared] = ownSockets(first.local).values()
  if (shared === undefined) {
    log.warn('count: this system needs Node 22.12 or later for several threads on a port, one reads it')
    return [first]
  }
  const others = Array.from({ length: count - 1 }, () => open({ ...bind, bound: { fd: shared, by: 'a thread' } }, 'in a thread'))
  return [first, ...(await Promise.all(others))]
}

/** Whether Node's dgram can set SO_REUSEPORT, and the kernel then spreads what arrives over the sockets. */
function canReusePort(): boolean {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const knownToNode = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)
  return knownToNode && ['linux', 'freebsd'].includes(os.platform())
}
