/**
 * Messages over TCP (RFC 7011 section 10.4), bare or in TLS (section 11): one connection, opened again when it breaks. What waits meanwhile
 * is kept up to a bound; on each connection templates are told first, and sequence numbers begin at 0.
 */
import net from 'node:net'
import tls from 'node:tls'
import { EXIT, reasonOf, UserError } from '../../cli/exit.js'
import type { Log } from '../../cli/log.js'
import { readPem } from '../../cli/pem.js'
import { drop, MOST_WAITING_BYTES, newTally } from '../tally.js'
import type { HostTarget } from '../targets.js'
import type { Message } from './export.js'
import type { Route, RouteContext } from './route.js'
import { sessionOf } from './session.js'

/** What is given to the socket at a time: of what waits behind it nothing is lost when the connection breaks. */
const MOST_IN_FLIGHT_BYTES = 256 * 1024
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 30_000
/** At the end, how long it may go without any progress. */
const GIVE_UP_MS = 5000

/** Throws UserError where the files of TLS cannot be read. */
export function connectionRoute(target: HostTarget, { exporting, onProgress }: RouteContext, log: Log): Route {
  const { name, allow } = target
  const open = opener(target)
  const tally = newTally()
  const waiting: Message[] = []
  let socket: net.Socket | undefined
  let isConnected = false
  let isEnding = false
  let inFlightBytes = 0
  let retryMs = FIRST_RETRY_MS
  let retry: NodeJS.Timeout | undefined
  let isTold = false
  let progress = (): void => undefined

  const session = sessionOf(exporting, ({ bytes, flows }) => {
    const size = bytes.length
    inFlightBytes += size
    tally.waitingBytes += size
    socket!.write(Buffer.from(bytes), (error) => {
      inFlightBytes -= size
      tally.waitingBytes -= size
      if (error) drop(tally, 'disconnected', flows)
      else {
        tally.sent++
        tally.sentBytes += size
        tally.sentFlows += flows
      }
      pump()
      progress()
      onProgress()
    })
  })

  function connect(): void {
    const connecting = (socket = open())
    connecting.setNoDelay(true)
    connecting.setKeepAlive(true)
    connecting.resume() // nothing comes back but its end
    connecting.once(target.transport === 'tls' ? 'secureConnect' : 'connect', () => {
      isConnected = true
      isTold = false
      retryMs = FIRST_RETRY_MS
      log.info(`connected to ${name}`)
      session.begin()
      pump()
    })
    let reason = 'the connection was closed'
    connecting.on('error', (error) => (reason = reasonOf(error)))
    connecting.once('close', () => {
      if (isEnding && !isConnected) return
      if (!isTold) log.warn(`${isConnected ? '' : 'cannot connect to '}${name}: ${reason}; trying again`)
      isTold = true
      isConnected = false
      retry = setTimeout(connect, retryMs)
      retryMs = Math.min(2 * retryMs, LAST_RETRY_MS)
    })
  }

  function pump(): void {
    while (isConnected && waiting.length > 0 && inFlightBytes < MOST_IN_FLIGHT_BYTES) {
      const message = waiting.shift()!
      tally.waitingBytes -= message.bytes.length
      session.send(message)
    }
  }

  /** Waits for what is on its way; false where it does not move. */
  async function untilSent(): Promise<boolean> {
    while (tally.waitingBytes > 0) {
      const moved = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(resolve, GIVE_UP_MS, false)
        progress = () => {
          clearTimeout(timer)
          resolve(true)
        }
      })
      if (!moved) return false
    }
    return true
  }

  connect()
  return {
    name,
    allow,
    tally,
    send(message) {
      // what defines goes ahead: a connection that comes later is told all
      if (message.defines) {
        if (isConnected) session.send(message)
      } else if (isConnected && waiting.length === 0 && inFlightBytes < MOST_IN_FLIGHT_BYTES) session.send(message)
      else if (tally.waitingBytes + message.bytes.length > MOST_WAITING_BYTES) drop(tally, 'queue-full', message.flows)
      else {
        waiting.push({ ...message, bytes: Buffer.from(message.bytes) })
        tally.waitingBytes += message.bytes.length
      }
    },
    defineAgain() {
      // a connection keeps what it was told
    },
    get blocked() {
      return tally.waitingBytes > MOST_WAITING_BYTES / 2
    },
    async end() {
      const isSent = await untilSent()
      isEnding = true
      clearTimeout(retry)
      for (const { flows } of waiting.splice(0)) drop(tally, 'disconnected', flows)
      if (!isConnected || !isSent) {
        socket?.destroy()
        if (!isSent) throw new UserError(EXIT.unavailable, `${name} did not take all: see the drops`)
        return
      }
      isConnected = false
      const closed = new Promise((resolve) => socket!.once('close', resolve))
      socket!.end()
      const timer = setTimeout(() => socket!.destroy(), GIVE_UP_MS)
      await closed
      clearTimeout(timer)
    }
  }
}

/** What opens a connection to the target. */
function opener({ transport, name, host, port, ca, cert, key }: HostTarget): () => net.Socket {
  if (transport === 'tcp') return () => net.connect({ host, port })
  const pem = (file: string | undefined): { pem: Buffer } | undefined => (file === undefined ? undefined : { pem: readPem(name, file) })
  const [trusted, own, secret] = [pem(ca), pem(cert), pem(key)]
  const options: tls.ConnectionOptions = {
    host,
    port,
    ...(net.isIP(host) === 0 ? { servername: host } : {}),
    ...(trusted === undefined ? {} : { ca: trusted.pem }),
    ...(own === undefined || secret === undefined ? {} : { cert: own.pem, key: secret.pem })
  }
  try {
    tls.createSecureContext(options)
  } catch (error) {
    throw new UserError(EXIT.badConfig, `${name}: ${reasonOf(error)}`)
  }
  return () => tls.connect(options)
}
