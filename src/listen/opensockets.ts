/** Which sockets a listener opens: one for each address that its host stands for, or as many as `count` says, and where they are read. */
import dns from 'node:dns/promises'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'
import { EXIT, reasonOf, UserError } from '../cli/exit.js'
import type { Log } from '../cli/log.js'
import { parseAddress } from '../flow/address.js'
import type { Intake } from './udpsocket.js'
import { ownSockets } from './kernel.js'
import { type Listener, nameOf } from './uris.js'
import { bindSocket, CannotListenError, type SocketPlace } from './bind.js'

/** Opens one socket, and reads it in this thread or in a new one. Throws CannotListenError. */
export type OpenSocket = (place: SocketPlace, where: 'here' | 'in a thread') => Promise<Intake>

/** What a system without IPv6 says. */
export const NO_IPV6_CODES = ['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'EPROTONOSUPPORT']

/** Opens all sockets of a listener. Throws UserError where that cannot be. */
export async function openSockets(listener: Listener, open: OpenSocket, log: Log): Promise<Intake[]> {
  const openAt = (address: string, port = listener.port): Promise<Intake[]> =>
    openShared(listener, { address, port, reusePort: false, shared: undefined }, open, log)
  if (listener.host !== '') return (await Promise.all((await addressesOf(listener)).map((address) => openAt(address)))).flat()
  let opened
  try {
    opened = await openAt('::')
  } catch (error) {
    if (!(error instanceof CannotListenError) || !NO_IPV6_CODES.includes(error.code ?? '')) throw error
    return openAt('0.0.0.0')
  }
  return ipv6SocketsTakeIPv4() ? opened : [...opened, ...(await openAt('0.0.0.0', opened[0].place.port))]
}

/** As they do unless the administrator changed Linux's default (ipv6(7), IPV6_V6ONLY). */
function ipv6SocketsTakeIPv4(): boolean {
  try {
    return fs.readFileSync('/proc/sys/net/ipv6/bindv6only', 'latin1').trim() !== '1'
  } catch {
    return true
  }
}

async function addressesOf(listener: Listener): Promise<string[]> {
  const { host } = listener
  if (net.isIP(host) !== 0) return [asIPv4(host)]
  try {
    const found = await dns.lookup(host, { all: true })
    return [...new Set(found.map(({ address }) => asIPv4(address)))]
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOTFOUND' ? 'no such host' : reasonOf(error)
    throw new UserError(EXIT.unavailable, `cannot listen on ${nameOf(listener)}: ${host}: ${reason}`)
  }
}

/** An IPv4-mapped address as the IPv4 one; others as they are. */
function asIPv4(address: string): string {
  const bytes = parseAddress(address)
  return bytes?.length === 4 ? bytes.join('.') : address
}

async function openShared({ count, blocking }: Listener, place: SocketPlace, open: OpenSocket, log: Log): Promise<Intake[]> {
  if (count === 1) return [await open(place, blocking ? 'in a thread' : 'here')]
  if (canReusePort()) {
    // a socket that does not share finds out whether the port is in use, by another flow-listen that shares it too
    const probe = await bindSocket(place)
    const { port } = probe.address()
    await new Promise<void>((resolve) => probe.close(resolve))
    return Promise.all(Array.from({ length: count }, () => open({ ...place, port, reusePort: true }, 'in a thread')))
  }
  const first = await open(place, 'in a thread')
  const [shared] = ownSockets(first.place).values()
  if (shared === undefined) {
    log.warn('count: this system needs Node 22.12 or later for several threads on a port, one reads it')
    return [first]
  }
  const others = Array.from({ length: count - 1 }, () => open({ ...place, shared }, 'in a thread'))
  return [first, ...(await Promise.all(others))]
}

/** Whether Node's dgram can set SO_REUSEPORT, and the kernel then spreads what arrives over the sockets. */
function canReusePort(): boolean {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const knownToNode = major > 23 || (major === 23 && minor >= 1) || (major === 22 && minor >= 12)
  return knownToNode && ['linux', 'freebsd'].includes(os.platform())
}
