/** Who sends: addresses as bytes, and whether `-allow` lists them. */
import { badValue, wordList } from '../cli/options.js'
import { isInNetwork, type Network, parseAddress, parseNetwork } from '../flow/address.js'

/** Past this many the addresses are forgotten and learnt anew: a flood from forged ones costs time, not memory. */
const REMEMBERED = 65_536

/** `before` and the networks of `10.0.0.0/8,2001:db8::/32,192.0.2.1`. Throws `badValue`. */
export function parseNetworks(word: string, before: readonly Network[] = []): Network[] {
  const words = wordList(word)
  if (words.length === 0) throw badValue('It names no network: one is 10.0.0.0/8 or 2001:db8::/32.')
  return [...before, ...words.map(networkOf)]
}

function networkOf(word: string): Network {
  const network = parseNetwork(word)
  if (network === undefined) throw badValue(`'${word}' is no network: one is 10.0.0.0/8, 192.0.2.1 or 2001:db8::/32.`)
  return network
}

export interface Exporter {
  /** 4 or 16 bytes, an IPv4-mapped address as IPv4 */
  readonly address: Buffer
  readonly allowed: boolean
}

/** Gives the exporter of an address as dgram shows it, remembered. No networks: all are allowed. */
export function exporterBook(networks: readonly Network[]): (address: string) => Exporter {
  const known = new Map<string, Exporter>()

  function meet(text: string): Exporter {
    const address = parseAddress(text) ?? Buffer.alloc(0)
    const exporter = { address, allowed: networks.length === 0 || networks.some((network) => isInNetwork(address, network)) }
    if (known.size >= REMEMBERED) known.clear()
    known.set(text, exporter)
    return exporter
  }

  return (text) => known.get(text) ?? meet(text)
}
