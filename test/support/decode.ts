/** Runs flow-decode's decoder in this process. */
import type { Log } from '../../src/cli/log.js'
import { type DatagramDecoder, datagramDecoder } from '../../src/decode/decoder.js'
import type { DecoderOptions } from '../../src/decode/decoderoptions.js'
import { loadChunk } from '../../src/decode/memory/in.js'
import { frameReader } from '../../src/flow/frames.js'
import type { Output } from '../../src/flow/output.js'
import { datagramFrame, type DatagramSpec, type Flow, readFlows } from './datagram-stream.js'
import { keptOutput } from './output.js'

export interface Decoded {
  flows: Flow[]
  decoder: DatagramDecoder
  warnings: string[]
}

/** Decodes these datagrams one after another. A Buffer is a payload from a default exporter. */
export async function decode(datagrams: readonly (Buffer | DatagramSpec)[], options: Partial<DecoderOptions> = {}): Promise<Decoded> {
  return decodeStream(streamOf(datagrams), options)
}

export function streamOf(datagrams: readonly (Buffer | DatagramSpec)[]): Buffer {
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

const CHUNK_BYTES = 64 * 1024

/** A decoder that is fed by and by. */
export interface OpenDecoder {
  readonly decoder: DatagramDecoder
  readonly output: Output
  readonly warnings: readonly string[]
  /** Decodes a stream of Datagram messages. */
  readonly push: (stream: Buffer) => void
  /** What was written since it was asked for last. */
  readonly taken: () => Promise<Buffer>
}

async function run(
  stream: Buffer,
  options: Partial<DecoderOptions>
): Promise<{ written: Buffer; decoder: DatagramDecoder; warnings: string[] }> {
  const { decoder, warnings, push, taken } = openDecoder(options)
  push(stream)
  decoder.end()
  return { written: await taken(), decoder, warnings: [...warnings] }
}

export function openDecoder(options: Partial<DecoderOptions> = {}): OpenDecoder {
  const { output, taken } = keptOutput()
  const warnings: string[] = []
  const silent = (): void => undefined
  const log: Log = {
    debug: silent,
    info: silent,
    error: silent,
    warn: (message, fields) => warnings.push(`${message} ${String(fields?.kind)}`)
  }
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
  return {
    decoder,
    output,
    warnings,
    push(stream) {
      const reader = frameReader(decoder.decode)
      // in chunks as a pipe has them, which cut datagrams
      for (let at = 0; at < stream.length; at += CHUNK_BYTES) {
        reader.push(loadChunk(stream.subarray(at, at + CHUNK_BYTES)))
        decoder.handOn()
      }
      reader.end()
    },
    taken() {
      decoder.handOn()
      return taken()
    }
  }
}
