/** gzip (RFC 1952) taken off a stream of bytes, of as many members as come one after another. */
import zlib from 'node:zlib'
import { BrokenStreamError } from '../flow/blocks.js'
import { inputOf } from '../flow/input.js'

const CHUNK_BYTES = 64 * 1024

/** Whether a gzip member starts with these bytes. */
export function isGzip(head: Buffer): boolean {
  return head[0] === 0x1f && head[1] === 0x8b
}

/** What the compressed chunks hold. Throws BrokenStreamError at about the compressed byte that is wrong, and whatever the chunks throw. */
export async function* gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  const stream = zlib.createGunzip({ chunkSize: CHUNK_BYTES })
  void feed(stream, chunks)
  try {
    yield* inputOf(stream).chunks()
  } catch (error) {
    switch ((error as NodeJS.ErrnoException).code) {
      case 'Z_BUF_ERROR':
        throw new BrokenStreamError('the gzip data ends early', stream.bytesWritten)
      case 'Z_DATA_ERROR':
        throw new BrokenStreamError(`the gzip data is broken (${(error as Error).message})`, stream.bytesWritten)
      default:
        throw error
    }
  }
}

/** Writes chunk after chunk, each once the one before is used up: only then may it change. */
async function feed(stream: zlib.Gunzip, chunks: AsyncIterable<Buffer>): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (stream.destroyed) return
      await new Promise<unknown>((resolve) => stream.write(chunk, resolve))
    }
    stream.end()
  } catch (error) {
    stream.destroy(error as Error)
  }
}
