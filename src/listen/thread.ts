/** An intake in a thread of its own. Blocks travel to the main thread and back without a copy. */
import { Worker } from 'node:worker_threads'
import type { Intake, IntakeHandlers, IntakePlan } from './udpsocket.js'
import { CannotListenError, type Place } from './bind.js'

/** What is said to the thread (thread-main.ts), and what it says. */
export type ToThread = { kind: 'reuse'; memory: ArrayBuffer } | { kind: 'drain' } | { kind: 'close' }
export type FromThread =
  | { kind: 'open'; place: Place; rcvbuf: number }
  | { kind: 'failed'; message: string; code: string | undefined }
  | { kind: 'block'; memory: ArrayBuffer; length: number; datagrams: number }
  | { kind: 'trouble'; message: string }
  | { kind: 'exporter'; address: string; protocol: string | undefined; allowed: boolean }
  | { kind: 'drained' }

/** Opens a socket and reads it in a new thread. Throws CannotListenError. `onDeath`: the thread broke, a mistake of the code. */
export function openIntakeInThread(
  plan: IntakePlan,
  { onBlock, onTrouble, onExporter }: IntakeHandlers,
  onDeath: (error: Error) => void
): Promise<Intake> {
  const worker = new Worker(new URL('./thread-main.js', import.meta.url), { workerData: plan })
  const say = (message: ToThread, memory: ArrayBuffer[] = []): void => {
    worker.postMessage(message, memory)
  }
  let drained: () => void = () => undefined
  const intake = (place: Place, rcvbuf: number): Intake => ({
    place,
    rcvbuf,
    reuse(memory) {
      say({ kind: 'reuse', memory }, [memory])
    },
    drain() {
      say({ kind: 'drain' })
      return new Promise((resolve) => (drained = resolve))
    },
    close() {
      say({ kind: 'close' })
    }
  })
  return new Promise((resolve, reject) => {
    worker.on('error', (error) => {
      reject(error)
      onDeath(error)
    })
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'block') onBlock({ bytes: Buffer.from(message.memory, 0, message.length), datagrams: message.datagrams })
      else if (message.kind === 'open') resolve(intake(message.place, message.rcvbuf))
      else if (message.kind === 'failed') reject(new CannotListenError(message.message, message.code))
      else if (message.kind === 'trouble') onTrouble(message.message)
      else if (message.kind === 'exporter') onExporter(message.address, message.protocol, message.allowed)
      else drained()
    })
  })
}
