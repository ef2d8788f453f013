/**
 * Where datagrams go:
 *
 *     targets := target ("," target)*
 *     target  := HOST ":" PORT ["?allow=" CIDR ("," CIDR)*]        an IPv6 HOST in brackets
 */
import { parseNetworks } from '../cli/networks.js'
import { badValue, wordList } from '../cli/options.js'
import type { Network } from '../flow/address.js'

export interface Target {
  /** HOST:PORT as it was given, for people */
  readonly name: string
  readonly host: string
  readonly port: number
  /** the exporters whose datagrams it gets; none: all */
  readonly allow: readonly Network[]
}

const TARGET = /^(?:\[([^\]]+)\]|([^:/?[\]]+)):(\d{1,5})(?:\?(.*))?$/
const SHAPE = 'A target is HOST:PORT or HOST:PORT?allow=CIDR,…, as 10.0.0.1:9996, [2001:db8::5]:2055 or collector:2055?allow=192.0.2.0/24.'

/** `before` and the targets of a word. Throws `badValue`. */
export function parseTargets(word: string, before: readonly Target[] = []): Target[] {
  const targets: Target[] = []
  for (const part of partsOf(word)) targets.push(targetOf(part, [...before, ...targets]))
  if (targets.length === 0) throw badValue(SHAPE)
  return [...before, ...targets]
}

/** A comma stands between targets and between the networks of one: what does not look like a target belongs to the one before. */
function partsOf(word: string): string[] {
  const parts: string[] = []
  for (const part of wordList(word)) {
    const last = parts.length - 1
    if (last >= 0 && parts[last].includes('?') && !TARGET.test(part)) parts[last] += `,${part}`
    else parts.push(part)
  }
  return parts
}

function targetOf(part: string, others: readonly Target[]): Target {
  const match = TARGET.exec(part) as [string, string?, string?, string?, string?] | null
  const port = Number(match?.[3])
  if (match === null || port < 1 || port > 65_535) throw badValue(`'${part}' is no target. ${SHAPE}`)
  const name = part.split('?')[0]
  if (others.some((other) => other.name === name)) throw badValue(`'${name}' stands there twice.`)
  return { name, host: match[1] ?? match[2]!, port, allow: match[4] === undefined ? [] : allowOf(part, match[4]) }
}

function allowOf(part: string, query: string): Network[] {
  const [key, networks, ...more] = query.split('=')
  if (key !== 'allow' || networks === undefined || more.length > 0)
    throw badValue(`'${part}': behind ? stands allow=CIDR,… and nothing else.`)
  return parseNetworks(networks)
}
