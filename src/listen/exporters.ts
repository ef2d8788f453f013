/** Who sends: addresses as bytes, and whether `-allow` lists them. */
import { isInNetwork, type Network, parseAddress } from '../flow/address.js'
import { protocolOf } from '../flow/protocol.js'
import { addressText } from '../text/addresses.js'

/** Past this many the addresses are forgotten and learnt anew: a flood from forged ones costs time, not memory. */
const REMEMBERED = 65_536
const NOTHING = Buffer.alloc(0)

export interface Exporter {
  /** 4 or 16 bytes, an IPv4-mapped address as IPv4 */
  readonly address: Buffer
  readonly allowed: boolean
}

/** Hears of an exporter that is not remembered, with the protocol of its first datagram, undefined where that is none. */
export type OnExporter = (address: string, protocol: string | undefined, allowed: boolean) => void

/** Gives the exporter of an address as dgram shows it, remembered; `payload` is what it sent now, where it did. No networks: all are allowed. */
export function exporterBook(
  networks: readonly Network[],
  onNew: OnExporter = () => undefined
): (address: string, payload?: Buffer) => Exporter {
  const known = new Map<string, Exporter>()

  function meet(text: string, payload: Buffer = NOTHING): Exporter {
    const address = parseAddress(text) ?? Buffer.alloc(0)
    const exporter = { address, allowed: networks.length === 0 || networks.some((network) => isInNetwork(address, network)) }
    if (known.size >= REMEMBERED) known.clear()
    known.set(text, exporter)
    onNew(addressText(address), protocolOf(payload, 0, payload.length)?.title, exporter.allowed)
    return exporter
  }

  return (text, payload) => known.get(text) ?? meet(text, payload)
}
