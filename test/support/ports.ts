import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'

/** No system takes ports from here for connections of its own, so that nobody else has the port a moment later. */
const FIRST_PORT = 20_000
const PORTS = 12_000

/** A port of 127.0.0.1 that nobody has, for UDP and for TCP. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS)
    const socket = dgram.createSocket('udp4')
    const server = net.createServer()
    try {
      socket.bind(port, '127.0.0.1')
      await once(socket, 'listening')
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      return port
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    } finally {
      await closed(socket)
      await closed(server)
    }
  }
}

async function closed(socket: { close: (done: () => void) => void }): Promise<void> {
  await new Promise<void>((resolve) => {
    try {
      socket.close(resolve)
    } catch {
      resolve() // it never opened
    }
  })
}
