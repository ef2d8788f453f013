/** Who sends: addresses as bytes, and whether `-allow` lists them. */
import net from 'node:net'
import { badValue, wordList } from '../cli/options.js'
import { MAPPED_PREFIX_BITS, parseAddress } from '../flow/address.js'

/** Past this many the addresses are forgotten and learnt anew: a flood from forged ones costs time, not memory. */
const REMEMBERED = 65_536

/** A network, plain enough to be given to a thread. */
export interface Network {
  address: string
  prefix: number
  family: 'ipv4' | 'ipv6'
}

/** `before` and the networks of `10.0.0.0/8,2001:db8::/32,192.0.2.1`; those of IPv4-mapped addresses become IPv4. Throws `badValue`. */
export function parseNetworks(word: string, before: readonly Network[] = []): Network[] {
  const words = wordList(word)
  if (words.length === 0) throw badValue('It names no network: one is 10.0.0.0/8 or 2001:db8::/32.')
  return [...before, ...words.map(parseNetwork)]
}

function parseNetwork(cidr: string): Network {
  const [, text, length] = /^([^/%]*)(?:\/(\d{1,3}))?$/.exec(cidr) ?? []
  const bytes = text === undefined ? undefined : parseAddress(text)
  const bits = net.isIPv4(text) ? 32 : 128
  const prefix = length === undefined ? bits : Number(length)
  const wasMapped = bytes?.length === 4 && bits === 128
  if (bytes === undefined || prefix > bits || (wasMapped && prefix < MAPPED_PREFIX_BITS)) {
    throw badValue(`'${cidr}' is no network: one is 10.0.0.0/8, 192.0.2.1 or 2001:db8::/32.`)
  }
  if (bytes.length === 4) return { address: bytes.join('.'), prefix: wasMapped ? prefix - MAPPED_PREFIX_BITS : prefix, family: 'ipv4' }
  return { address: text, prefix, family: 'ipv6' }
}

export interface Exporter {
  /** 4 or 16 bytes, an IPv4-mapped address as IPv4 */
  readonly address: Buffer
  readonly allowed: boolean
}

/** Gives the exporter of an address as dgram shows it, remembered. No networks: all are allowed. */
export function exporterBook(networks: readonly Network[]): (address: string) => Exporter {
  const allowed = new net.BlockList()
  for (const { address, prefix, family } of networks) allowed.addSubnet(address, prefix, family)
  const known = new Map<string, Exporter>()

  function meet(text: string): Exporter {
    const address = parseAddress(text) ?? Buffer.alloc(0)
    const listed = address.length === 4 ? allowed.check(address.join('.'), 'ipv4') : allowed.check(text.split('%', 1)[0], 'ipv6')
    const exporter = { address, allowed: networks.length === 0 || listed }
    if (known.size >= REMEMBERED) known.clear()
    known.set(text, exporter)
    return exporter
  }

  return (text) => known.get(text) ?? meet(text)
}
