/**
 * Where datagrams and flows go:
 *
 *     targets := target ("," target)*
 *     target  := [scheme "://"] HOST ":" PORT ["?" setting ("&" setting)*]        an IPv6 HOST in brackets
 *              | "file:" PATH
 *     scheme  := "ipfix" | "ipfix+tcp" | "ipfix+tls"                              without one: UDP, as "ipfix"
 *     setting := "allow=" CIDR ("," CIDR)* | "ca=" FILE | "cert=" FILE | "key=" FILE
 */
import { parseNetworks } from '../cli/networks.js'
import { badValue, wordList } from '../cli/options.js'
import type { Network } from '../flow/address.js'

interface Place {
  /** as it was given, without settings, for people */
  readonly name: string
  /** the exporters whose datagrams or flows it gets; none: all */
  readonly allow: readonly Network[]
}

export interface HostTarget extends Place {
  readonly transport: 'udp' | 'tcp' | 'tls'
  readonly host: string
  readonly port: number
  /** PEM files: who is trusted to be the target, and what shows that we are we */
  readonly ca: string | undefined
  readonly cert: string | undefined
  readonly key: string | undefined
}

export interface FileTarget extends Place {
  readonly transport: 'file'
  readonly path: string
}

export type Target = HostTarget | FileTarget

const TRANSPORTS: Readonly<Record<string, HostTarget['transport']>> = { ipfix: 'udp', 'ipfix+tcp': 'tcp', 'ipfix+tls': 'tls' }
const TARGET = /^(?:([\w+]+):\/\/)?(?:\[([^\]]+)\]|([^:/?[\]]+)):(\d{1,5})(?:\?(.*))?$/
const FILE = /^file:(?:\/\/)?(.+)$/
const SHAPE =
  'A target is HOST:PORT, ipfix+tcp://HOST:PORT, ipfix+tls://HOST:PORT or file:PATH, as 10.0.0.1:9996, [2001:db8::5]:2055, ' +
  'collector:2055?allow=192.0.2.0/24 or file:day.ipfix.'

/** `before` and the targets of a word. Throws `badValue`. */
export function parseTargets(word: string, before: readonly Target[] = []): Target[] {
  const targets: Target[] = []
  for (const part of partsOf(word)) targets.push(targetOf(part, [...before, ...targets]))
  if (targets.length === 0) throw badValue(SHAPE)
  return [...before, ...targets]
}

/** The paths of those that are files. */
export function filesOf(targets: readonly Target[]): string[] {
  return targets.flatMap((target) => (target.transport === 'file' ? [target.path] : []))
}

/** A comma stands between targets and between the networks of one: what does not look like a target belongs to the one before. */
function partsOf(word: string): string[] {
  const parts: string[] = []
  for (const part of wordList(word)) {
    const last = parts.length - 1
    if (last >= 0 && parts[last].includes('?') && !TARGET.test(part) && !FILE.test(part)) parts[last] += `,${part}`
    else parts.push(part)
  }
  return parts
}

function targetOf(part: string, others: readonly Target[]): Target {
  const target = fileOf(part) ?? hostOf(part)
  if (others.some(({ name }) => name === target.name)) throw badValue(`'${target.name}' stands there twice.`)
  return target
}

function fileOf(part: string): FileTarget | undefined {
  const path = FILE.exec(part)?.[1]
  return path === undefined ? undefined : { transport: 'file', name: part, path, allow: [] }
}

function hostOf(part: string): HostTarget {
  const match = TARGET.exec(part) as [string, string?, string?, string?, string?, string?] | null
  const port = Number(match?.[4])
  if (match === null || port < 1 || port > 65_535) throw badValue(`'${part}' is no target. ${SHAPE}`)
  const [, scheme = 'ipfix', bracketed, bare, , query] = match
  if (!Object.hasOwn(TRANSPORTS, scheme)) throw badValue(`'${scheme}' in ${part} is no scheme: ${Object.keys(TRANSPORTS).join(', ')} are.`)
  const transport = TRANSPORTS[scheme]
  const settings = new Map(query === undefined ? [] : query.split('&').map((setting) => settingOf(part, setting)))
  const networks = settings.get('allow')
  const files = { ca: settings.get('ca'), cert: settings.get('cert'), key: settings.get('key') }
  if (transport !== 'tls' && Object.values(files).some((file) => file !== undefined))
    throw badValue(`'${part}': ca, cert and key are those of ipfix+tls://.`)
  if ((files.cert === undefined) !== (files.key === undefined)) throw badValue(`'${part}': cert and key are a pair of files.`)
  return {
    transport,
    name: part.split('?')[0],
    host: bracketed ?? bare!,
    port,
    allow: networks === undefined ? [] : parseNetworks(networks),
    ...files
  }
}

const SETTINGS = ['allow', 'ca', 'cert', 'key']

function settingOf(part: string, setting: string): [string, string] {
  const at = setting.indexOf('=')
  const [key, value] = [setting.slice(0, at), setting.slice(at + 1)]
  if (at < 0 || value === '' || !SETTINGS.includes(key))
    throw badValue(`'${part}': behind ? stands allow=CIDR,…, and of ipfix+tls:// ca=FILE, cert=FILE&key=FILE as well.`)
  return [key, value]
}
