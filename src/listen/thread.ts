/** A UDP socket that a thread of its own reads. Blocks travel to the main thread and back without a copy. */
import { Worker } from 'node:worker_threads'
import { CannotListenError, type SocketAddress } from './bind.js'
import type { SocketHandlers, SocketSettings, UdpSocket } from './udpsocket.js'

/** Messages to the thread (thread-main.ts), and from it. */
export type ToThread = { kind: 'reuse'; memory: ArrayBuffer } | { kind: 'drain' } | { kind: 'close' }
export type FromThread =
  | { kind: 'open'; local: SocketAddress; rcvbuf: number }
  | { kind: 'failed'; message: string; code: string | undefined }
  | { kind: 'block'; memory: ArrayBuffer; length: number; datagrams: number }
  | { kind: 'trouble'; message: string }
  | { kind: 'exporter'; address: string; protocol: string | undefined; allowed: boolean; slot: number }
  | { kind: 'drained' }

/** Opens a socket and reads it in a new thread. Throws CannotListenError. `onThreadError` gets what the thread threw, a mistake of the code. */
export function openUdpSocketInThread(
  settings: SocketSettings,
  { onBlock, onTrouble, onExporter }: SocketHandlers,
  onThreadError: (error: Error) => void
): Promise<UdpSocket> {
  const worker = new Worker(new URL('./thread-main.js', import.meta.url), { workerData: settings })
  const send = (message: ToThread, memory: ArrayBuffer[] = []): void => {
    worker.postMessage(message, memory)
  }
  let drained: () => void = () => undefined
  const socketAt = (local: SocketAddress, rcvbuf: number): UdpSocket => ({
    local,
    rcvbuf,
    reuse(memory) {
      send({ kind: 'reuse', memory }, [memory])
    },
    drain() {
      send({ kind: 'drain' })
      return new Promise((resolve) => (drained = resolve))
    },
    close() {
      send({ kind: 'close' })
    }
  })
  return new Promise((resolve, reject) => {
    worker.on('error', (error) => {
      reject(error)
      onThreadError(error)
    })
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'block') onBlock({ bytes: Buffer.from(message.memory, 0, message.length), datagrams: message.datagrams })
      else if (message.kind === 'open') resolve(socketAt(message.local, message.rcvbuf))
      else if (message.kind === 'failed') reject(new CannotListenError(message.message, message.code))
      else if (message.kind === 'trouble') onTrouble(message.message)
      else if (message.kind === 'exporter') onExporter(message.address, message.protocol, message.allowed, message.slot)
      else drained()
    })
  })
}
