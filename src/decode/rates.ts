/** `-samplingrate`: the rate of exporters that tell none, for all or by network: `1000`, `192.0.2.0/24=1000,2001:db8::/32=512`. */
import { BlockList, isIP } from 'node:net'
import { badValue } from '../cli/options.js'
import { addressText } from '../flow/text/addresses.js'

/** Gives the rate for an exporter's address (4 or 16 bytes), 0 where none is set. */
export type RateOf = (address: Buffer) => number

interface NetworkRate {
  readonly prefix: number
  readonly has: (address: string, family: 'ipv4' | 'ipv6') => boolean
  readonly rate: number
}

/** Reads the option's word; the longest prefix wins. Throws a bad value. */
export function parseRates(word: string): RateOf {
  const networks: NetworkRate[] = []
  const seen = new Set<string>()
  let general = 0
  for (const part of word.split(',')) {
    const [, network, digits] = /^(?:(.*)=)?(\d+)$/.exec(part.trim()) ?? []
    const rate = Number(digits)
    if (!(rate >= 1 && rate <= Number.MAX_SAFE_INTEGER)) throw badValue(`'${part}' is neither a rate (1000) nor NETWORK=RATE (192.0.2.0/24=1000).`)
    const whose = (network as string | undefined)?.trim() ?? 'all exporters'
    if (seen.has(whose)) throw badValue(`A rate for ${whose} stands there twice.`)
    seen.add(whose)
    if ((network as string | undefined) === undefined) general = rate
    else networks.push(networkRate(network.trim(), rate))
  }
  networks.sort((a, b) => b.prefix - a.prefix)
  return (address) => {
    if (address.length !== 4 && address.length !== 16) return general
    const text = addressText(address)
    const family = address.length === 4 ? 'ipv4' : 'ipv6'
    return networks.find(({ has }) => has(text, family))?.rate ?? general
  }
}

function networkRate(network: string, rate: number): NetworkRate {
  const [, address, length] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(network) ?? ['', '', '']
  const version = isIP(address)
  const most = version === 4 ? 32 : 128
  const prefix = (length as string | undefined) === undefined ? most : Number(length)
  if (version === 0 || !(prefix <= most)) throw badValue(`'${network}' is no network: 192.0.2.0/24 or 2001:db8::/32.`)
  const list = new BlockList()
  const own = version === 4 ? 'ipv4' : 'ipv6'
  list.addSubnet(address, prefix, own)
  return { prefix: prefix / most, rate, has: (text, family) => family === own && list.check(text, family) }
}
