/**
 * The URIs of `-listen`:
 *
 *     uris := uri (',' uri)*
 *     uri  := scheme '://' [host] [':' port] ['/'] ['?' key '=' value ('&' key '=' value)*]
 *     host := IPv4 address | '[' IPv6 address ']' | name
 *
 * Of the schemes fd, fd+tcp and fd+tls the host is the number of a descriptor, or none for all that were handed over (descriptors.ts).
 */
import net from 'node:net'
import { badValue, timerDuration } from '../cli/options.js'
import { descriptorsOf } from './descriptors.js'

/** The schemes and their usual ports. flow-decode finds out the protocol by itself, so a scheme decides no more than the port and the transport. */
const DEFAULT_PORTS: Partial<Record<string, number>> = {
  sflow: 6343,
  netflow: 2055,
  ipfix: 4739,
  flow: 2055,
  'ipfix+tcp': 4739,
  'ipfix+tls': 4740,
  fd: 0,
  'fd+tcp': 0,
  'fd+tls': 0
}
/** The schemes of connections. */
const STREAMS: Partial<Record<string, 'tcp' | 'tls'>> = {
  'ipfix+tcp': 'tcp',
  'ipfix+tls': 'tls',
  'fd+tcp': 'tcp',
  'fd+tls': 'tls'
}

const DEFAULT_QUEUE_SIZE = 1_000_000
const DEFAULT_QUEUE_BYTES = 256 * 1024 * 1024
/** The queue of a listener that leaves datagrams in the kernel's buffer: enough to keep the writes going. */
const BLOCKING_QUEUE_BYTES = 1024 * 1024
const MOST_SOCKETS = 64
const MOST_BYTES = 2 ** 31 - 1

export interface ListenUri {
  scheme: string
  /** an address without brackets or a name; empty: all addresses of this machine, IPv4 and IPv6 */
  host: string
  /** 0: the kernel chooses */
  port: number
  /** a socket that is bound already, instead of the host and port */
  fd?: number
  /** sockets, each read by a thread of its own where there are several */
  count: number
  /** leave datagrams in the kernel's buffer while the reader is slow */
  blocking: boolean
  /** how many datagrams may be queued while the reader is slow, and in how many bytes of memory */
  queueSize: number
  queueBytes: number
  /** SO_RCVBUF to ask the kernel for */
  rcvbuf: number | undefined
  /** of connections; undefined for UDP */
  stream?: StreamSettings
}

export interface StreamSettings {
  /** connections at a time */
  max: number
  /** milliseconds without a message, and for a message, after which a connection is closed */
  idleMs: number
  timeoutMs: number
  /** PEM files of TLS: our certificate and its key, and the authority that must have signed a client's; undefined for plain TCP */
  tls: { cert: string; key: string; ca: string | undefined } | undefined
}

/** Whether it is for connections. */
export function isStream(uri: ListenUri): uri is ListenUri & { stream: StreamSettings } {
  return uri.stream !== undefined
}

/** `before` and the URIs of `word`. Throws `badValue`. */
export function parseListenUris(word: string, before: readonly ListenUri[] = []): ListenUri[] {
  const uris = [...before, ...word.split(',').flatMap((part) => parseListenUri(part.trim()))]
  const seen = new Map<string, ListenUri>()
  for (const uri of uris) {
    const address = `${uri.stream === undefined ? 'udp' : 'tcp'} ${nameOf(uri).split('://')[1]}`
    const twin = seen.get(address)
    if (twin !== undefined && (uri.port !== 0 || uri.fd !== undefined)) {
      throw badValue(`${nameOf(twin)} and ${nameOf(uri)} are the same port: one is enough, flow-decode tells the protocols apart.`)
    }
    seen.set(address, uri)
  }
  return uris
}

/** The URI without its query, as logs and metrics have it; `port` is the one that the kernel chose, where it did. */
export function nameOf({ scheme, host, port: asked, fd }: ListenUri, port = asked): string {
  if (fd !== undefined) return `${scheme}://${fd}`
  return `${scheme}://${net.isIPv6(host) ? `[${host}]` : host}:${port}`
}

/** Where it listens, for people; `address` is what its socket is bound to. */
export function whereOf(uri: ListenUri, address: string): string {
  return uri.fd === undefined ? `${address} for ${uri.scheme}` : `${address} (${nameOf(uri)})`
}

function parseListenUri(uri: string): ListenUri | ListenUri[] {
  const match = /^([^:/?#]*):\/\/(?:\[([^\]]*)\]|([^:/?#[\]]*))(?::([^:/?#[\]]*))?\/?(?:\?(.*))?$/.exec(uri)
  if (match === null) {
    const meant = uriOf(uri)
    if (meant !== undefined) throw badValue(`'${uri}' is no listener: -listen ${meant}`)
    throw badValue(`'${uri}' is no listener: one is SCHEME://[HOST][:PORT][?KEY=VALUE&…], as netflow://:2055 or sflow://[::1]:6343.`)
  }
  const [, scheme, bracketed, bare, port, query] = match as unknown as [string, string, ...(string | undefined)[]]
  const defaultPort = DEFAULT_PORTS[scheme]
  if (defaultPort === undefined) throw badValue(`'${scheme}' in ${uri} is no scheme: ${Object.keys(DEFAULT_PORTS).join(', ')} are.`)
  if (bracketed !== undefined && !net.isIPv6(bracketed)) throw badValue(`'${bracketed}' in ${uri} is no IPv6 address.`)
  if (scheme.split('+')[0] === 'fd') {
    if (port !== undefined) throw badValue(`${uri} has a port: the socket behind a descriptor is bound already.`)
    const settings = parseQuery(uri, query ?? '', STREAMS[scheme], true)
    return descriptorsOf(uri, bracketed ?? bare ?? '').map((fd) => ({ scheme, host: '', port: 0, fd, ...settings }))
  }
  return {
    scheme,
    host: bracketed ?? bare ?? '',
    port: port === undefined || port === '' ? defaultPort : numberIn(uri, 'the port', port, 0, 65535),
    ...parseQuery(uri, query ?? '', STREAMS[scheme], false)
  }
}

/** What to say of a listener that is given without -listen; undefined of another word. */
export function operandMeant(word: string): string | undefined {
  const uri = word.includes('://') ? word : uriOf(word)
  return uri === undefined ? undefined : `'${word}' stands without its option: -listen ${uri}`
}

/** What a port alone was likely meant as; undefined where the word is none. */
function uriOf(word: string): string | undefined {
  const port = /^:?(\d{1,5})$/.exec(word)?.[1]
  if (port === undefined) return undefined
  // a port of another number is most often NetFlow's
  const scheme = ['sflow', 'ipfix'].find((usual) => DEFAULT_PORTS[usual] === Number(port)) ?? 'netflow'
  return `${scheme}://:${port}`
}

const DEFAULT_CONNECTIONS = 1000
const DEFAULT_IDLE_MS = 30 * 60_000
const DEFAULT_TIMEOUT_MS = 30_000

type Settings = Omit<ListenUri, 'scheme' | 'host' | 'port' | 'fd'>

function parseStreamQuery(uri: string, query: string, transport: 'tcp' | 'tls'): StreamSettings {
  const settings = { max: DEFAULT_CONNECTIONS, idleMs: DEFAULT_IDLE_MS, timeoutMs: DEFAULT_TIMEOUT_MS }
  const files: Partial<Record<'cert' | 'key' | 'ca', string>> = {}
  setAll(uri, query, {
    max: (value) => (settings.max = numberIn(uri, 'max', value, 1, MOST_CONNECTIONS)),
    idle: (value) => (settings.idleMs = durationIn(uri, 'idle', value)),
    timeout: (value) => (settings.timeoutMs = durationIn(uri, 'timeout', value)),
    workers: (value) => numberIn(uri, 'workers', value, 0, MOST_BYTES),
    ...(transport === 'tcp'
      ? {}
      : {
          cert: (value) => (files.cert = value),
          key: (value) => (files.key = value),
          ca: (value) => (files.ca = value)
        })
  })
  if (transport === 'tcp') return { ...settings, tls: undefined }
  const { cert, key, ca } = files
  if (cert === undefined || key === undefined) throw badValue(`${uri} needs cert=FILE and key=FILE: the certificate to show, and its key.`)
  return { ...settings, tls: { cert, key, ca } }
}

const MOST_CONNECTIONS = 65_536

function durationIn(uri: string, what: string, value: string): number {
  try {
    return Math.max(timerDuration(value), 1)
  } catch {
    throw badValue(`${what} in ${uri} is not '${value}' but a duration, as 30s or 10m.`)
  }
}

/** Gives each KEY=VALUE of the query to the setter of its key. */
function setAll(uri: string, query: string, setters: Record<string, (value: string) => unknown>): void {
  for (const [key, value] of new URLSearchParams(query)) {
    if (!Object.hasOwn(setters, key)) throw badValue(`'${key}' in ${uri} is no setting: ${Object.keys(setters).join(', ')} are.`)
    setters[key](value)
  }
}

/** `isBound`: of a descriptor, which is one socket. */
function parseQuery(uri: string, query: string, transport: 'tcp' | 'tls' | undefined, isBound: boolean): Settings {
  const settings = { count: 1, blocking: false, queueSize: DEFAULT_QUEUE_SIZE, queueBytes: 0, rcvbuf: undefined as number | undefined }
  if (transport !== undefined) return { ...settings, stream: parseStreamQuery(uri, query, transport) }
  setAll(uri, query, {
    ...(isBound ? {} : { count: (value) => (settings.count = numberIn(uri, 'count', value, 1, MOST_SOCKETS)) }),
    workers: (value) => numberIn(uri, 'workers', value, 0, MOST_BYTES), // goflow2's decoders; flow-decode is ours
    blocking: (value) => (settings.blocking = truthIn(uri, 'blocking', value)),
    queue_size: (value) => (settings.queueSize = numberIn(uri, 'queue_size', value, 0, MOST_BYTES) || DEFAULT_QUEUE_SIZE), // 0: as goflow2 has it
    queue_bytes: (value) => (settings.queueBytes = numberIn(uri, 'queue_bytes', value, 1, Number.MAX_SAFE_INTEGER)),
    rcvbuf: (value) => (settings.rcvbuf = numberIn(uri, 'rcvbuf', value, 1, MOST_BYTES))
  })
  if (settings.queueBytes === 0) settings.queueBytes = settings.blocking ? BLOCKING_QUEUE_BYTES : DEFAULT_QUEUE_BYTES
  return settings
}

function numberIn(uri: string, what: string, value: string, least: number, most: number): number {
  const number = Number(value)
  if (!/^\d+$/.test(value) || number < least || number > most) {
    throw badValue(
      `${what} in ${uri} is not '${value}' but a whole number from ${least} ${most === Number.MAX_SAFE_INTEGER ? 'up' : `to ${most}`}.`
    )
  }
  return number
}

function truthIn(uri: string, what: string, value: string): boolean {
  if (/^(true|1|t)$/i.test(value)) return true
  if (/^(false|0|f)$/i.test(value)) return false
  throw badValue(`${what} in ${uri} is not '${value}' but true or false.`)
}
