/** Exporters by their address: its bytes, and whether `-allow` lists it. */
import { isInNetwork, type Network, parseAddress } from '../flow/address.js'
import { protocolOf } from '../flow/protocol.js'
import { addressText } from '../text/addresses.js'

/** Beyond this many all addresses are forgotten and looked up anew: a flood of forged ones costs time, not memory. */
const REMEMBERED = 65_536
const NO_PAYLOAD = Buffer.alloc(0)

export interface Exporter {
  /** 4 or 16 bytes, an IPv4-mapped address as IPv4 */
  readonly address: Buffer
  readonly allowed: boolean
}

/** Called at the first datagram of an exporter, with its protocol, undefined where that is not known. It may be called again for an exporter that was forgotten. */
export type OnExporter = (address: string, protocol: string | undefined, allowed: boolean) => void

/** Looks an exporter up by its address as dgram shows it; `payload` is its datagram, where there is one. Without networks all are allowed. */
export function exporterLookup(
  networks: readonly Network[],
  onNew: OnExporter = () => undefined
): (address: string, payload?: Buffer) => Exporter {
  const known = new Map<string, Exporter>()

  function add(text: string, payload: Buffer = NO_PAYLOAD): Exporter {
    const address = parseAddress(text) ?? Buffer.alloc(0)
    const exporter = { address, allowed: networks.length === 0 || networks.some((network) => isInNetwork(address, network)) }
    if (known.size >= REMEMBERED) known.clear()
    known.set(text, exporter)
    onNew(addressText(address), protocolOf(payload, 0, payload.length)?.title, exporter.allowed)
    return exporter
  }

  return (text, payload) => known.get(text) ?? add(text, payload)
}
