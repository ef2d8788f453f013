/** What a thread of openIntakeInThread (thread.ts) runs. */
import { parentPort, workerData } from 'node:worker_threads'
import { openIntake, type IntakePlan } from './udpsocket.js'
import { CannotListenError } from './bind.js'
import type { FromThread, ToThread } from './thread.js'

const port = parentPort!
const say = (message: FromThread, memory: ArrayBuffer[] = []): void => {
  port.postMessage(message, memory)
}

try {
  const intake = await openIntake(workerData as IntakePlan, {
    onBlock({ bytes, datagrams }) {
      const memory = bytes.buffer as ArrayBuffer
      say({ kind: 'block', memory, length: bytes.length, datagrams }, [memory])
    },
    onTrouble(message) {
      say({ kind: 'trouble', message })
    },
    onExporter(address, protocol, allowed) {
      say({ kind: 'exporter', address, protocol, allowed })
    }
  })
  port.on('message', (message: ToThread) => {
    if (message.kind === 'reuse') intake.reuse(message.memory)
    else if (message.kind === 'close') intake.close()
    else {
      void intake.drain().then(() => {
        say({ kind: 'drained' })
      })
    }
  })
  say({ kind: 'open', place: intake.place, rcvbuf: intake.rcvbuf })
} catch (error) {
  if (!(error instanceof CannotListenError)) throw error
  say({ kind: 'failed', message: error.message, code: error.code })
}
