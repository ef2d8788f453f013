/**
 * Messages over TCP (RFC 7011 section 10.4), bare or in TLS (section 11): one connection, opened again when it breaks. What waits meanwhile
 * is kept up to a bound; on each connection templates are sent first, and sequence numbers begin at 0.
 */
import net from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { EXIT, reasonOf, UserError } from '../../cli/exit.js'
import type { Log } from '../../cli/log.js'
import { readPem } from '../../cli/pem.js'
import { tls } from '../../flow/lazy.js'
import { drop, MOST_WAITING_BYTES, newTargetCounts } from '../targetcounts.js'
import type { HostTarget } from '../targets.js'
import type { Message } from './export.js'
import type { Route, RouteContext } from './route.js'
import { sessionOf } from './session.js'

/** What is given to the socket at a time: of what waits behind it nothing is lost when the connection breaks. */
const MOST_IN_FLIGHT_BYTES = 256 * 1024
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 30_000
/** No answer to an attempt to connect, TLS included, is no for so long. */
const CONNECT_MS = 10_000
/** A target that takes nothing for so long, with something to take, sets nobody's pace. */
const STALLED_MS = 30_000
/** The same after SIGTERM; and at the end, when what waits is given up. */
const GIVE_UP_MS = 5000
/** Nor does the end take longer, however little the target takes at a time. */
const LONGEST_END_MS = 60_000
const LOOK_MS = 500

/** Throws UserError where the files of TLS cannot be read. */
export function connectionRoute(target: HostTarget, { exporting, onProgress }: RouteContext, log: Log): Route {
  const { name, allow } = target
  const open = opener(target)
  const counts = newTargetCounts()
  const waiting: Message[] = []
  let socket: net.Socket | undefined
  let isConnected = false
  let isEnding = false
  let inFlightBytes = 0
  let retryMs = FIRST_RETRY_MS
  let retry: NodeJS.Timeout | undefined
  let isLogged = false
  let progress = (): void => undefined
  /** when it took something last, or something began to wait: performance.now */
  let movedAt = performance.now()
  let patienceMs = STALLED_MS
  const isStalled = (): boolean => counts.waitingBytes > 0 && performance.now() - movedAt > patienceMs
  // whoever waits for the target learns that it need not any more
  const looking = setInterval(() => {
    if (isStalled()) onProgress()
  }, LOOK_MS).unref()

  const session = sessionOf(exporting, ({ bytes, flows }) => {
    const size = bytes.length
    inFlightBytes += size
    wait(size)
    const connected = socket!
    connected.write(Buffer.from(bytes), (error) => {
      inFlightBytes -= size
      counts.waitingBytes -= size
      movedAt = performance.now()
      // what was on its way as the socket was destroyed comes back without an error
      if (error || connected.destroyed) drop(counts, 'disconnected', flows)
      else {
        counts.sent++
        counts.sentBytes += size
        counts.sentFlows += flows
      }
      pump()
      progress()
      onProgress()
    })
  })

  function wait(bytes: number): void {
    if (counts.waitingBytes === 0) movedAt = performance.now()
    counts.waitingBytes += bytes
  }

  function connect(): void {
    const connecting = (socket = open())
    connecting.setNoDelay(true)
    connecting.setKeepAlive(true)
    connecting.resume() // nothing comes back but its end
    const timer = setTimeout(() => connecting.destroy(new Error(`no answer in ${CONNECT_MS / 1000} s`)), CONNECT_MS)
    connecting.once(target.transport === 'tls' ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer)
      isConnected = true
      isLogged = false
      retryMs = FIRST_RETRY_MS
      log.info(`connected to ${name}`)
      session.begin()
      pump()
    })
    let reason = 'the connection was closed'
    connecting.on('error', (error) => (reason = reasonOf(error)))
    connecting.once('close', () => {
      clearTimeout(timer)
      if (isEnding) return
      if (!isLogged) log.warn(`${isConnected ? '' : 'cannot connect to '}${name}: ${reason}; trying again`)
      isLogged = true
      isConnected = false
      retry = setTimeout(connect, retryMs)
      retryMs = Math.min(2 * retryMs, LAST_RETRY_MS)
    })
  }

  function pump(): void {
    while (isConnected && waiting.length > 0 && inFlightBytes < MOST_IN_FLIGHT_BYTES) {
      const message = waiting.shift()!
      counts.waitingBytes -= message.bytes.length
      session.send(message)
    }
  }

  /** Waits for what is on its way; false where it does not move, or not fast enough. */
  async function untilSent(): Promise<boolean> {
    const deadline = performance.now() + LONGEST_END_MS
    while (counts.waitingBytes > 0) {
      const moved = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(resolve, Math.min(GIVE_UP_MS, deadline - performance.now()), false)
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
    counts,
    send(message) {
      // what defines goes ahead: a connection that comes later is sent all of it
      if (message.defines) {
        if (isConnected) session.send(message)
      } else if (isConnected && waiting.length === 0 && inFlightBytes < MOST_IN_FLIGHT_BYTES) session.send(message)
      else if (counts.waitingBytes + message.bytes.length > MOST_WAITING_BYTES) drop(counts, 'queue-full', message.flows)
      else {
        waiting.push({ ...message, bytes: Buffer.from(message.bytes) })
        wait(message.bytes.length)
      }
    },
    defineAgain() {
      // a connection keeps what it was sent
    },
    get blocked() {
      return counts.waitingBytes > MOST_WAITING_BYTES / 2 && !isStalled()
    },
    hurry() {
      patienceMs = GIVE_UP_MS
    },
    async end() {
      const isSent = await untilSent()
      isEnding = true
      clearTimeout(retry)
      clearInterval(looking)
      for (const { flows } of waiting.splice(0)) drop(counts, 'disconnected', flows)
      if (!isConnected || !isSent) {
        const over = closing(socket!)
        socket!.destroy()
        await over
        if (!isSent) throw new UserError(EXIT.unavailable, `${name} did not take all: see the drops`)
        return
      }
      const over = closing(socket!)
      socket!.end()
      const timer = setTimeout(() => socket!.destroy(), GIVE_UP_MS)
      await over
      clearTimeout(timer)
    }
  }
}

/** Resolved when the socket is closed: what it did not take has been counted by then. */
function closing(socket: net.Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', resolve)
  })
}

/** What opens a connection to the target. */
function opener({ transport, name, host, port, ca, cert, key }: HostTarget): () => net.Socket {
  if (transport === 'tcp') return () => net.connect({ host, port })
  const pem = (file: string | undefined): { pem: Buffer } | undefined => (file === undefined ? undefined : { pem: readPem(name, file) })
  const [trusted, own, secret] = [pem(ca), pem(cert), pem(key)]
  const options: ConnectionOptions = {
    host,
    port,
    ...(net.isIP(host) === 0 ? { servername: host } : {}),
    ...(trusted === undefined ? {} : { ca: trusted.pem }),
    ...(own === undefined || secret === undefined ? {} : { cert: own.pem, key: secret.pem })
  }
  try {
    tls().createSecureContext(options)
  } catch (error) {
    throw new UserError(EXIT.badConfig, `${name}: ${reasonOf(error)}`)
  }
  return () => tls().connect(options)
}
