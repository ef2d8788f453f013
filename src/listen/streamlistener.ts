/** A listener of IPFIX over TCP or TLS at work. */
import net, { type AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import tls from 'node:tls'
import { EXIT, reasonOf, UserError } from '../cli/exit.js'
import { readPem } from '../cli/pem.js'
import { openOutput, type Output } from '../flow/output.js'
import { connections, type ConnectionCounts, type CutCause } from './connections.js'
import { exporterBook } from './exporters.js'
import { turnOfTheLoop } from './udpsocket.js'
import { type Listener, nameOf, type StreamSettings } from './uris.js'
import type { Listening, Surroundings } from './udplistener.js'
import type { BlockQueue } from './queue.js'
import { placeOf } from './bind.js'
import { NO_IPV6_CODES } from './opensockets.js'

/** Connections cut off that are told of; all are counted. */
const MOST_TOLD = 100

/** Listens for connections. Throws UserError where that cannot be. */
export async function startStreamListening(
  listener: Listener & { stream: StreamSettings },
  { networks, queue, limit, log, onExporter }: Surroundings
): Promise<Listening> {
  const { stream } = listener
  let told = 0
  const onCut = (who: string, cause: CutCause): void => {
    if (told++ < MOST_TOLD)
      log.info(`${name}: ${cause === 'not-allowed' || cause === 'too-many' ? 'refused' : 'cut off'} ${who} (${cause})`)
  }
  const output = queuedOutput(queue)
  const exporterOf = exporterBook(networks, (address, _protocol, allowed) => {
    if (allowed) onExporter(address, 'IPFIX', true) // who is refused is told of by onCut
  })
  const taken = connections(stream, output, exporterOf, () => limit.take(1) === 1, onCut)
  const server = serverOf(stream, listener, (socket) => {
    taken.take(socket)
  })
  server.on('tlsClientError', (_error: Error, socket: net.Socket) => {
    taken.refuse('handshake', `${socket.remoteAddress ?? 'a client'}`)
    socket.destroy()
  })
  const bound = await listen(server, listener)
  const name = nameOf(listener, bound.port)
  log.info(`listening on ${placeOf(bound.address, bound.port)} for ${listener.scheme}`)
  server.on('error', (error) => {
    log.warn(`${name}: ${reasonOf(error)}`)
  })
  const { counts } = taken

  return {
    name,
    rcvbuf: undefined,
    numbers: () => numbersOf(counts, taken.open, output),
    async drain() {
      server.close()
      await turnOfTheLoop() // what the kernel has is read
      await taken.closeAll()
      await output.end()
    },
    close() {
      server.close()
    }
  }
}

function numbersOf({ accepted, messages, bytes, cut }: ConnectionCounts, open: number, output: Output): ReturnType<Listening['numbers']> {
  return {
    received: messages,
    receivedBytes: bytes,
    written: messages,
    queueFull: 0,
    notAllowed: 0, // that is of datagrams
    kernel: undefined,
    heldDatagrams: 0,
    heldBytes: output.pos,
    connections: { open, accepted, cut }
  }
}

/** Where frames are appended that go the queue's way; blocked as long as the queue has not let go of what it was given. */
function queuedOutput(queue: BlockQueue): Output {
  const stream = new Writable({
    write(block: Buffer, _encoding, done) {
      queue.push(block, done)
    }
  })
  return openOutput(stream, (error) => error)
}

function serverOf({ timeoutMs, tls: files }: StreamSettings, listener: Listener, onConnection: (socket: net.Socket) => void): net.Server {
  if (files === undefined) return net.createServer(onConnection)
  const name = nameOf(listener)
  const [cert, key, ca] = [files.cert, files.key, files.ca].map((file) => (file === undefined ? undefined : readPem(name, file)))
  try {
    return tls.createServer(
      {
        cert,
        key,
        handshakeTimeout: timeoutMs,
        minVersion: 'TLSv1.2',
        // RFC 7011 section 11.3: both ends are to be authenticated
        ...(ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: true })
      },
      onConnection
    )
  } catch (error) {
    throw new UserError(EXIT.badConfig, `${name}: ${files.cert}, ${files.key}: ${reasonOf(error)}`)
  }
}

/** Without a host on all addresses, IPv6 and IPv4; on those of IPv4 alone where there is no IPv6. */
async function listen(server: net.Server, listener: Listener): Promise<AddressInfo> {
  const { host, port } = listener
  try {
    return await listenAt(server, host === '' ? '::' : host, port)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (host === '' && NO_IPV6_CODES.includes(code ?? '')) return listenAt(server, '0.0.0.0', port)
    const advice = code === 'EADDRINUSE' ? `; "ss -tlpn sport = :${port}" shows by whom` : ''
    const reason = code === 'ENOTFOUND' ? 'no such host' : reasonOf(error)
    throw new UserError(EXIT.unavailable, `cannot listen on ${nameOf(listener)}: ${reason}${advice}`)
  }
}

function listenAt(server: net.Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve(server.address() as AddressInfo)
    })
  })
}
