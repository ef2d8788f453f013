/** Runs flow-decode's decoder in this process. */
import { Writable } from 'node:stream'
import type { Log } from '../../src/cli/log.js'
import { type DatagramDecoder, datagramDecoder, type DecoderOptions } from '../../src/decode/datagrams.js'
import { frameReader } from '../../src/flow/frames.js'
import { openOutput } from '../../src/flow/output.js'
import { datagramFrame, type DatagramSpec, type Flow, readFlows } from './datagram-stream.js'

export interface Decoded {
  flows: Flow[]
  decoder: DatagramDecoder
  warnings: string[]
}

/** Decodes these datagrams one after another. A Buffer is a payload from a default exporter. */
export async function decode(datagrams: readonly (Buffer | DatagramSpec)[], options: Partial<DecoderOptions> = {}): Promise<Decoded> {
  return decodeStream(streamOf(datagrams), options)
}

function streamOf(datagrams: readonly (Buffer | DatagramSpec)[]): Buffer {
  return Buffer.concat(datagrams.map((datagram) => datagramFrame(Buffer.isBuffer(datagram) ? { payload: datagram } : datagram)))
}

/** Decodes a stream of Datagram messages. */
export async function decodeStream(stream: Buffer, options: Partial<DecoderOptions> = {}): Promise<Decoded> {
  const { written, ...rest } = await run(stream, options)
  return { flows: readFlows(written), ...rest }
}

/** The lines of raw output for these payloads. */
export async function rawLines(payloads: readonly (Buffer | DatagramSpec)[]): Promise<string[]> {
  const { written } = await run(streamOf(payloads), { raw: 'json' })
  return written.toString().split('\n').slice(0, -1)
}

async function run(stream: Buffer, options: Partial<DecoderOptions>): Promise<{ written: Buffer; decoder: DatagramDecoder; warnings: string[] }> {
  const chunks: Buffer[] = []
  const warnings: string[] = []
  const output = openOutput(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(Buffer.from(chunk))
        done()
      }
    }),
    (error) => error
  )
  const silent = (): void => undefined
  const log: Log = { debug: silent, info: silent, error: silent, warn: (message, fields) => warnings.push(`${message} ${String(fields?.kind)}`) }
  const decoder = datagramDecoder({
    output,
    log,
    rateOf: () => 0,
    errorLines: 10,
    errorIntervalMs: 10_000,
    maxExporters: 1000,
    maxStateBytes: 1 << 28,
    maxTemplates: 1000,
    templateTtlMs: 0,
    templateAccess: false,
    held: { exporterBytes: 1 << 20, totalBytes: 1 << 24, ms: 60_000 },
    timed: false,
    ...options
  })
  const reader = frameReader(decoder.decode)
  reader.push(stream)
  reader.end()
  decoder.end()
  await output.end()
  return { written: Buffer.concat(chunks), decoder, warnings }
}
