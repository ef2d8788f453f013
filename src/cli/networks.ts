/** Networks as command lines have them. */
import { type Network, parseNetwork } from '../flow/address.js'
import { badValue, wordList } from './options.js'

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
