/**
 * What the kernel counts of our sockets. Linux shows it in /proc/net/udp and udp6, a line a socket (proc(5)):
 *
 *     sl  local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ref pointer drops
 *
 * Addresses are 32-bit words in the machine's byte order, in hexadecimal; `drops` counts, modulo 2^32, the datagrams that found the
 * receive buffer full. Other systems show no such count.
 */
import fs from 'node:fs'
import os from 'node:os'
import { parseAddress } from '../flow/address.js'
import type { SocketAddress } from './bind.js'

const LOCAL_ADDRESS = 1
const INODE = 9
const DROPS = 12

/** The descriptors of this process's sockets that are bound to that address, by inode; none on systems other than Linux. */
export function ownSockets(local: SocketAddress): Map<string, number> {
  const own = new Map<string, number>()
  const inodes = new Set(socketRows(local).map((row) => row[INODE]))
  if (inodes.size === 0) return own
  for (const fd of fs.readdirSync('/proc/self/fd')) {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/self/fd/${fd}`))?.[1]
    if (inode !== undefined && inodes.has(inode)) own.set(inode, Number(fd))
  }
  return own
}

/** Counts the datagrams that the kernel has dropped, since they were bound, at our sockets bound to these addresses; undefined on systems other than Linux. */
export function kernelDropCounter(addresses: readonly SocketAddress[]): (() => number) | undefined {
  const seen = new Map(addresses.flatMap((local) => [...ownSockets(local).keys()]).map((inode) => [inode, 0]))
  if (seen.size === 0) return undefined
  let total = 0
  return () => {
    for (const local of addresses) {
      for (const row of socketRows(local)) {
        const before = seen.get(row[INODE])
        if (before === undefined) continue
        const drops = Number(row[DROPS])
        total += (drops - before) >>> 0
        seen.set(row[INODE], drops)
      }
    }
    return total
  }
}

function socketRows({ address, port }: SocketAddress): string[][] {
  const bytes = parseAddress(address)
  if (os.platform() !== 'linux' || bytes === undefined) return []
  const local = `${hexWords(bytes)}:${port.toString(16).padStart(4, '0')}`.toUpperCase()
  return readTable(bytes.length === 4 ? '/proc/net/udp' : '/proc/net/udp6')
    .split('\n')
    .filter((line) => line.includes(local)) // there may be thousands of others
    .map((line) => line.trim().split(/\s+/))
    .filter((row) => row[LOCAL_ADDRESS] === local)
}

function hexWords(address: Buffer): string {
  return (os.endianness() === 'LE' ? Buffer.from(address).swap32() : address).toString('hex')
}

function readTable(path: string): string {
  try {
    return fs.readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

function linkOf(path: string): string {
  try {
    return fs.readlinkSync(path)
  } catch {
    return '' // closed in the meantime
  }
}
