/** Binding UDP sockets. */
import dgram from 'node:dgram'
import net from 'node:net'
import { EXIT, reasonOf, UserError } from '../cli/exit.js'

/** An address of this machine, and a port. */
export interface SocketAddress {
  address: string
  /** 0: the kernel chooses */
  port: number
}

/** Where to bind a socket, and what it shares there. */
export interface BindAddress extends SocketAddress {
  /** SO_REUSEPORT: share the port with sockets that are opened in the same way, and the datagrams with them by sender */
  reusePort: boolean
  /** a descriptor that is bound already, to read that instead of a new socket: of another thread, which closes it, or of who started us */
  bound: { fd: number; by: 'a thread' | 'who started us' } | undefined
}

/** The socket could not be bound; `code` is the system's. */
export class CannotListenError extends UserError {
  constructor(
    message: string,
    readonly code: string | undefined
  ) {
    super(EXIT.unavailable, message)
  }
}

/** A bound socket. Throws CannotListenError. */
export function bindSocket({ address, port, reusePort, bound }: BindAddress): Promise<dgram.Socket> {
  const type = net.isIPv6(address) ? 'udp6' : 'udp4'
  // @types/node 20 does not know reusePort
  const socket = dgram.createSocket({ type, reusePort } as dgram.SocketOptions)
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException): void => {
      const where = bound === undefined ? `UDP ${hostAndPort(address, port)}` : `descriptor ${bound.fd}`
      const reason = error.code === 'ERR_INVALID_FD_TYPE' ? 'it is no UDP socket' : `${reasonOf(error)}${adviceOn(error, port)}`
      reject(new CannotListenError(`cannot listen on ${where}: ${reason}`, error.code))
    }
    socket.once('error', refuse)
    try {
      socket.bind(bound === undefined ? { address, port } : { fd: bound.fd }, () => {
        socket.removeAllListeners('error')
        resolve(socket)
      })
    } catch (error) {
      refuse(error as NodeJS.ErrnoException) // a descriptor is looked at before anything else
    }
  })
}

/** `[::1]:2055`, `127.0.0.1:2055` */
export function hostAndPort(address: string, port: number): string {
  return `${net.isIPv6(address) ? `[${address}]` : address}:${port}`
}

function adviceOn(error: NodeJS.ErrnoException, port: number): string {
  if (error.code === 'EADDRINUSE') return `; "ss -ulpn sport = :${port}" shows by whom`
  if (error.code === 'EACCES') return '; ports below 1024 need root or CAP_NET_BIND_SERVICE'
  return ''
}
