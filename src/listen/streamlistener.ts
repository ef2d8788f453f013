/** A listener for IPFIX over TCP or TLS. */
import net, { type AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import type { Server } from 'node:tls'
import { EXIT, reasonOf, UserError } from '../cli/exit.js'
import { onceEach } from '../cli/onceeach.js'
import { readPem } from '../cli/pem.js'
import { tls } from '../flow/lazy.js'
import { openOutput, type Output } from '../flow/output.js'
import { hostAndPort } from './bind.js'
import { type ConnectionCounts, type Connections, connections, type CutCause, peerOf } from './connections.js'
import { exporterLookup } from './exporters.js'
import { type Listener, type ListenerContext, noteSlots } from './listener.js'
import { NO_IPV6_CODES } from './opensockets.js'
import type { BlockQueue } from './queue.js'
import { newExporterCounts } from './sharedcounts.js'
import { turnOfTheLoop } from './udpsocket.js'
import { type ListenUri, nameOf, type StreamSettings, whereOf } from './uris.js'

/** Connections refused or cut off that are logged; all are counted. */
const MOST_LOGGED = 100

/** Listens for connections. Throws UserError where that is not possible. */
export async function startStreamListener(
  uri: ListenUri & { stream: StreamSettings },
  { networks, queue, limit, log, onExporter }: ListenerContext
): Promise<Listener> {
  const { stream } = uri
  let logged = 0
  const onCut = (who: string, cause: CutCause): void => {
    if (logged++ < MOST_LOGGED)
      log.info(`${name}: ${cause === 'not-allowed' || cause === 'too-many' ? 'refused' : 'cut off'} ${who} (${cause})`)
  }
  const output = queuedOutput(queue)
  const counts = newExporterCounts()
  const onNew = noteSlots(counts, (address, _protocol, allowed) => {
    if (allowed) onExporter(address, 'IPFIX', true) // onCut logs those that are refused
  })
  const logOnce = onceEach((line) => {
    log.debug(line)
  })
  const handlers = {
    isWanted: () => limit.admit(1) === 1,
    onOpen(who: string) {
      logOnce(who, () => `${name}: connection from ${who}`)
    },
    onCut
  }
  const accepted = connections(stream, output, exporterLookup(networks, onNew), counts.datagrams, handlers)
  const handshakes = stream.tls === undefined ? undefined : tlsHandshakes(stream, stream.tls, uri, accepted)
  const server = net.createServer((socket) => {
    if (!accepted.admits(socket)) return
    if (handshakes === undefined) accepted.accept(socket)
    else handshakes.begin(socket)
  })
  // those whose handshake is not done count too
  server.maxConnections = stream.max
  server.on('drop', (peer) => {
    accepted.refuse('too-many', peerOf({ remoteAddress: peer?.remoteAddress, remotePort: peer?.remotePort }))
  })
  const bound = await listen(server, uri)
  const name = nameOf(uri, bound.port)
  log.info(`listening on ${whereOf(uri, hostAndPort(bound.address, bound.port))}`)
  server.on('error', (error) => {
    log.warn(`${name}: ${reasonOf(error)}`)
  })

  return {
    name,
    rcvbuf: undefined,
    exporters: [counts],
    numbers: () => numbersOf(accepted.counts, accepted.open, output),
    async drain() {
      await turnOfTheLoop() // who is connected is accepted
      server.close()
      if (!(await accepted.drain())) log.warn(`${name}: the reader took too long: what connections had still to be read is lost`)
      await accepted.closeAll()
      handshakes?.closeAll()
      await output.end()
    },
    close() {
      server.close()
    }
  }
}

function numbersOf(
  { accepted, messages, written, bytes, cut }: ConnectionCounts,
  open: number,
  output: Output
): ReturnType<Listener['numbers']> {
  return {
    received: messages,
    receivedBytes: bytes,
    written,
    queueFull: 0,
    notAllowed: 0, // counted among the connections that were cut
    kernel: undefined,
    queuedDatagrams: 0,
    queuedBytes: output.pos,
    connections: { open, accepted, cut }
  }
}

/** An output into the queue: blocked as long as the reader of stdout has not taken its blocks. */
function queuedOutput(queue: BlockQueue): Output {
  const stream = new Writable({
    write(block: Buffer, _encoding, done) {
      queue.push(block, done)
    }
  })
  return openOutput(stream, (error) => error)
}

/** The TLS handshakes of connections that were admitted. */
interface Handshakes {
  begin(socket: net.Socket): void
  /** Ends what they were begun on. */
  closeAll(): void
}

/** Hands on to `accepted` what is done, and counts what fails. Throws UserError where a file of `tls` cannot be used. */
function tlsHandshakes(
  { timeoutMs }: StreamSettings,
  files: NonNullable<StreamSettings['tls']>,
  uri: ListenUri,
  accepted: Connections
): Handshakes {
  const name = nameOf(uri)
  const [cert, key, ca] = [files.cert, files.key, files.ca].map((file) => (file === undefined ? undefined : readPem(name, file)))
  // RFC 7011 section 11.3: both ends are to be authenticated
  const clients = ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true }
  const server = secureServer()
  const sockets = new Set<net.Socket>()
  server.on('tlsClientError', (_error: Error, socket: net.Socket) => {
    accepted.refuse('handshake', peerOf(socket))
    socket.destroy()
  })

  function secureServer(): Server {
    try {
      return tls().createServer({ cert, key, handshakeTimeout: timeoutMs, minVersion: 'TLSv1.2', ...clients }, (socket) => {
        accepted.accept(socket)
      })
    } catch (error) {
      throw new UserError(EXIT.badConfig, `${name}: ${files.cert}, ${files.key}: ${reasonOf(error)}`)
    }
  }

  return {
    begin(socket) {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      server.emit('connection', socket)
    },
    closeAll() {
      for (const socket of sockets) socket.destroy()
    }
  }
}

/** Without a host on all addresses, IPv6 and IPv4; on those of IPv4 alone where there is no IPv6. */
async function listen(server: net.Server, uri: ListenUri): Promise<AddressInfo> {
  const { host, port, fd } = uri
  try {
    return await listenAt(server, fd === undefined ? { host: host === '' ? '::' : host, port } : { fd })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (fd !== undefined)
      throw new UserError(EXIT.unavailable, `cannot listen on descriptor ${fd}: is it a TCP socket that listens? (${reasonOf(error)})`)
    if (host === '' && NO_IPV6_CODES.includes(code ?? '')) return listenAt(server, { host: '0.0.0.0', port })
    const advice = code === 'EADDRINUSE' ? `; "ss -tlpn sport = :${port}" shows by whom` : ''
    const reason = code === 'ENOTFOUND' ? 'no such host' : reasonOf(error)
    throw new UserError(EXIT.unavailable, `cannot listen on ${nameOf(uri)}: ${reason}${advice}`)
  }
}

function listenAt(server: net.Server, at: net.ListenOptions | { fd: number }): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(at, () => {
      server.off('error', reject)
      resolve(server.address() as AddressInfo)
    })
  })
}
