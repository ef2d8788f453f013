/** Where the brokers are: lists of addresses, and SRV records. */
import dns from 'node:dns'
import net from 'node:net'
import { EXIT, reasonOf, UserError } from '../cli/exit.js'
import { wordList } from '../cli/options.js'

export interface BrokerAddress {
  /** a name or an address, without brackets */
  host: string
  port: number
}

const DEFAULT_PORT = 9092

/** `host`, `host:port`, `192.0.2.1:9092`, `[::1]:9092`, separated by commas. Throws UserError with code 64. */
export function brokerList(list: string): BrokerAddress[] {
  const brokers = wordList(list).map(brokerAddress)
  if (brokers.length === 0) throw new UserError(EXIT.usage, '-brokers names no broker: HOST:PORT,…')
  return brokers
}

function brokerAddress(word: string): BrokerAddress {
  const match = /^(?:\[([^\]]+)\]|([^:[\]/\s]+))(?::(\d{1,5}))?$/.exec(word)
  const port = Number(match?.[3] ?? DEFAULT_PORT)
  if (match === null || port === 0 || port > 65535 || (match[1] !== undefined && net.isIPv6(match[1]) === false)) {
    const advice = net.isIPv6(word)
      ? `an IPv6 address goes in brackets, as [${word}]:${DEFAULT_PORT}`
      : 'a broker is HOST:PORT or [IPV6]:PORT'
    throw new UserError(EXIT.usage, `-brokers ${word}: ${advice}`)
  }
  return { host: match[1] ?? match[2], port }
}

/** As it is written in a list. */
export function brokerText({ host, port }: BrokerAddress): string {
  return `${net.isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** The seed for kafkajs, which cuts it at the first colon: an IPv6 address has dashes, as in `[--1]:9092`. */
export function seedName(broker: BrokerAddress): string {
  return net.isIPv6(broker.host) ? `[${broker.host.replaceAll(':', '-')}]:${broker.port}` : brokerText(broker)
}

/** The host that kafkajs means, which is part of a `seedName` or an address from the cluster. */
export function seedHost(name: string): string {
  return name.startsWith('[') ? name.slice(1, -1).replaceAll('-', ':') : name
}

/** A broker as kafkajs' errors have it, for people. */
export function readableBroker(text: string): string {
  return text.replace(/^\[[^\]]+\]/, (name) => `[${seedHost(name)}]`)
}

/** The brokers in the SRV records of `name`, the preferred ones first (RFC 2782). Throws UserError with code 69. */
export async function srvBrokers(
  name: string,
  resolver: Pick<dns.promises.Resolver, 'resolveSrv'> = dns.promises
): Promise<BrokerAddress[]> {
  let records: dns.SrvRecord[]
  try {
    records = await resolver.resolveSrv(name)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UserError(
      EXIT.unavailable,
      `-srv ${name}: ${code === 'ENOTFOUND' || code === 'ENODATA' ? 'there is no such SRV record' : reasonOf(error)}`
    )
  }
  records.sort((a, b) => a.priority - b.priority || b.weight - a.weight)
  return records.map(({ name: host, port }) => ({ host, port }))
}
