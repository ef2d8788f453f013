/**
 * The compressions that kafkajs leaves to others, each loaded when the first batch needs it. None of them is built on installation.
 *
 * Snappy: raw blocks out; raw and Java's framed ones in. LZ4: frames of independent blocks, the only ones Kafka takes. zstd: frames
 * out with, in also without, the size of their content.
 */
import type { CompressionTypes } from 'kafkajs'
import { lazy } from '../flow/lazy.js'

export const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Compression = (typeof COMPRESSIONS)[number]

/** zstd's own default. */
const ZSTD_LEVEL = 3

/** What kafkajs asks of a codec; `encoder.buffer` holds the records. */
export interface Codec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>
  decompress(bytes: Buffer): Promise<Buffer>
}

const loadSnappy = lazy(async () => {
  const { default: snappyCodec } = await import('kafkajs-snappy')
  return snappyCodec()
})
const loadLz4 = lazy(() => import('lz4-napi'))
const loadZstdCompressor = lazy(async () => {
  const zstd = await import('@bokuweb/zstd-wasm')
  await zstd.init()
  return zstd
})
const loadZstdDecompressor = lazy(() => import('fzstd'))

const snappy: Codec = {
  compress: async (encoder) => (await loadSnappy()).compress(encoder),
  decompress: async (bytes) => (await loadSnappy()).decompress(bytes)
}
const lz4: Codec = {
  compress: async ({ buffer }) => (await loadLz4()).compressFrame(buffer),
  decompress: async (bytes) => (await loadLz4()).decompressFrame(bytes)
}
const zstd: Codec = {
  compress: async ({ buffer }) => asBuffer((await loadZstdCompressor()).compress(buffer, ZSTD_LEVEL)),
  decompress: async (bytes) => asBuffer((await loadZstdDecompressor()).decompress(bytes))
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

export type Kafkajs = typeof import('kafkajs')

/** Makes kafkajs know all compressions, and returns what finds their codecs by Kafka's numbers. */
export function registerCodecs({ CompressionCodecs, CompressionTypes }: Kafkajs): (compression: number) => Codec {
  const codecs = CompressionCodecs as Record<number, () => Codec>
  codecs[CompressionTypes.Snappy] = () => snappy
  codecs[CompressionTypes.LZ4] = () => lz4
  codecs[CompressionTypes.ZSTD] = () => zstd
  return (compression) => codecs[compression]()
}

/** kafkajs' number of a compression. */
export function compressionType(compression: Compression, { CompressionTypes }: Kafkajs): CompressionTypes {
  return {
    none: CompressionTypes.None,
    gzip: CompressionTypes.GZIP,
    snappy: CompressionTypes.Snappy,
    lz4: CompressionTypes.LZ4,
    zstd: CompressionTypes.ZSTD
  }[compression]
}
