/** What a thread of openUdpSocketInThread (thread.ts) runs. */
import { parentPort, workerData } from 'node:worker_threads'
import { CannotListenError } from './bind.js'
import type { FromThread, ToThread } from './thread.js'
import { openUdpSocket, type SocketSettings } from './udpsocket.js'

const port = parentPort!
const send = (message: FromThread, memory: ArrayBuffer[] = []): void => {
  port.postMessage(message, memory)
}

try {
  const socket = await openUdpSocket(workerData as SocketSettings, {
    onBlock({ bytes, datagrams }) {
      const memory = bytes.buffer as ArrayBuffer
      send({ kind: 'block', memory, length: bytes.length, datagrams }, [memory])
    },
    onTrouble(message) {
      send({ kind: 'trouble', message })
    },
    onExporter(address, protocol, allowed, slot) {
      send({ kind: 'exporter', address, protocol, allowed, slot })
    }
  })
  port.on('message', (message: ToThread) => {
    if (message.kind === 'reuse') socket.reuse(message.memory)
    else if (message.kind === 'close') socket.close()
    else {
      void socket.drain().then(() => {
        send({ kind: 'drained' })
      })
    }
  })
  send({ kind: 'open', local: socket.local, rcvbuf: socket.rcvbuf })
} catch (error) {
  if (!(error instanceof CannotListenError)) throw error
  send({ kind: 'failed', message: error.message, code: error.code })
}
