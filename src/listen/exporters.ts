/** Exporters by their address: its bytes, and whether `-allow` lists it. */
import { isInNetwork, type Network, parseAddress } from '../flow/address.js'
import { protocolOf } from '../flow/protocol.js'
import { addressText } from '../text/addresses.js'
import { OTHERS } from './sharedcounts.js'

/** Beyond this many all addresses are forgotten and looked up anew: a flood of forged ones costs time, not memory. */
const REMEMBERED = 65_536
const NO_PAYLOAD = Buffer.alloc(0)

export interface Exporter {
  /** 4 or 16 bytes, an IPv4-mapped address as IPv4 */
  readonly address: Buffer
  readonly allowed: boolean
  /** where its datagrams are counted (sharedcounts.ts) */
  readonly slot: number
}

/** Called at the first datagram of an exporter, with its protocol, undefined where that is not known. It may be called again for an exporter that was forgotten. */
export type OnExporter = (address: string, protocol: string | undefined, allowed: boolean, slot: number) => void

/** Looks an exporter up by its address as dgram shows it; `payload` is its datagram, where there is one. Without networks all are allowed. */
export function exporterLookup(
  networks: readonly Network[],
  onNew: OnExporter = () => undefined
): (address: string, payload?: Buffer) => Exporter {
  const known = new Map<string, Exporter>()
  const slots = new Map<string, number>()

  /** Exporters beyond the number of slots share the last one, as do those that are not allowed, which are not counted. */
  function slotOf(address: string, allowed: boolean): number {
    const slot = slots.get(address)
    if (slot !== undefined) return slot
    if (!allowed || slots.size >= OTHERS) return OTHERS
    slots.set(address, slots.size)
    return slots.size - 1
  }

  function add(text: string, payload: Buffer = NO_PAYLOAD): Exporter {
    const address = parseAddress(text) ?? Buffer.alloc(0)
    const name = addressText(address)
    const allowed = networks.length === 0 || networks.some((network) => isInNetwork(address, network))
    const exporter = { address, allowed, slot: slotOf(name, allowed) }
    if (known.size >= REMEMBERED) known.clear()
    known.set(text, exporter)
    onNew(name, protocolOf(payload, 0, payload.length)?.title, allowed, exporter.slot)
    return exporter
  }

  return (text, payload) => known.get(text) ?? add(text, payload)
}
