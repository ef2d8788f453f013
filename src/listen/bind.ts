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
  /** a descriptor of another thread that is bound already, to read that instead of a new socket */
  shared: number | undefined
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
export function bindSocket({ address, port, reusePort, shared }: BindAddress): Promise<dgram.Socket> {
  const type = net.isIPv6(address) ? 'udp6' : 'udp4'
  // @types/node 20 does not know reusePort
  const socket = dgram.createSocket({ type, reusePort } as dgram.SocketOptions)
  return new Promise((resolve, reject) => {
    socket.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new CannotListenError(`cannot listen on UDP ${hostAndPort(address, port)}: ${reasonOf(error)}${adviceOn(error, port)}`, error.code)
      )
    })
    socket.bind(shared === undefined ? { address, port } : { fd: shared }, () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
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
