/** Reads captures as flow-pcap does, in this process: a process for each of a hundred files would take most of a test's time. */
import path from 'node:path'
import { Writable } from 'node:stream'
import type { Log } from '../../src/cli/log.js'
import { type Datagram, newDatagram, readDatagram } from '../../src/flow/datagram.js'
import { frameReader } from '../../src/flow/frames.js'
import { openOutput } from '../../src/flow/output.js'
import { newCounts } from '../../src/pcap/counts.js'
import { replay } from '../../src/pcap/replay.js'
import { openSource } from '../../src/pcap/sources.js'
import type { DatagramSpec } from './datagram-stream.js'

const silent = (): void => undefined
const SILENT: Log = { debug: silent, info: silent, warn: silent, error: silent }

/** `.ipfix`: messages one after another; `.bin`, `.dat`: one payload; all else is a capture. */
function kindOf(file: string): 'capture' | 'ipfix' | 'raw' {
  const extension = path.extname(file)
  return extension === '.ipfix' ? 'ipfix' : extension === '.bin' || extension === '.dat' ? 'raw' : 'capture'
}

/** The stream of Datagram messages that the files hold, one after another. */
export async function readCaptures(...files: string[]): Promise<Buffer> {
  const chunks: Buffer[] = []
  const output = openOutput(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(Buffer.from(chunk))
        done()
      }
    }),
    (error) => error
  )
  for (const file of files) {
    const player = replay(
      { kind: kindOf(file), exporter: { address: Buffer.from([127, 0, 0, 1]), port: 2055 }, ports: undefined, speed: 0 },
      output,
      newCounts(),
      SILENT
    )
    await player.play(openSource(file, silent))
    player.end()
  }
  await output.end()
  return Buffer.concat(chunks)
}

/** The datagrams of such a stream. */
export function datagramsOf(stream: Buffer): Required<DatagramSpec>[] {
  const datagrams: Required<DatagramSpec>[] = []
  const datagram: Datagram = newDatagram()
  const reader = frameReader((buf, start, end) => {
    if (!readDatagram(buf, start, end, datagram)) throw new Error('no datagram')
    datagrams.push({
      payload: Buffer.from(buf.subarray(datagram.payloadStart, datagram.payloadEnd)),
      src: Buffer.from(buf.subarray(datagram.srcStart, datagram.srcEnd)),
      srcPort: datagram.srcPort,
      dstPort: datagram.dstPort,
      received: (BigInt(datagram.receivedHi) << 32n) | BigInt(datagram.receivedLo)
    })
  })
  reader.push(stream)
  reader.end()
  return datagrams
}
