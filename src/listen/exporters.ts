/** Who sends: addresses as bytes, and whether `-allow` lists them. */
import { isInNetwork, type Network, parseAddress } from '../flow/address.js'

/** Past this many the addresses are forgotten and learnt anew: a flood from forged ones costs time, not memory. */
const REMEMBERED = 65_536

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
