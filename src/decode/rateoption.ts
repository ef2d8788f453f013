/** `-samplingrate`: the rate of exporters that export none, for all or by network: `1000`, `192.0.2.0/24=1000,2001:db8::/32=512`. */
import { badValue } from '../cli/options.js'
import { isInNetwork, type Network, parseNetwork } from '../flow/address.js'

/** The rate set for an exporter's address (4 or 16 bytes), 0 for none. */
export type RateOf = (address: Uint8Array) => number

/** Reads the option's word; the longest prefix wins. Throws a bad value. */
export function parseRates(word: string): RateOf {
  const networks: (Network & { rate: number })[] = []
  const seen = new Set<string>()
  let general = 0
  for (const part of word.split(',')) {
    const [, text, digits] = /^(?:(.*)=)?(\d+)$/.exec(part.trim()) ?? []
    const rate = Number(digits)
    if (!(rate >= 1 && rate <= Number.MAX_SAFE_INTEGER))
      throw badValue(`'${part}' is neither a rate (1000) nor NETWORK=RATE (192.0.2.0/24=1000).`)
    const whose = (text as string | undefined)?.trim() ?? 'all exporters'
    if (seen.has(whose)) throw badValue(`A rate for ${whose} stands there twice.`)
    seen.add(whose)
    if ((text as string | undefined) === undefined) {
      general = rate
      continue
    }
    const network = parseNetwork(whose)
    if (network === undefined) throw badValue(`'${whose}' is no network: 192.0.2.0/24 or 2001:db8::/32.`)
    networks.push({ ...network, rate })
  }
  networks.sort((a, b) => b.prefix - a.prefix)
  return (address) => networks.find((network) => isInNetwork(address, network))?.rate ?? general
}
