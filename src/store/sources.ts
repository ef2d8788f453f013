/** The flows of one file of a store, a run of frames at a time. */
import fs from 'node:fs/promises'
import type { RecordBatch } from 'parquet-wasm'
import { EXIT, reasonOf, UserError } from '../cli/exit.js'
import { ColumnError } from '../columns/encoded.js'
import { batchReader } from '../columns/messages.js'
import { BrokenStreamError, frameReader } from '../flow/frames.js'
import { columnsWithValues } from './footer.js'
import type { StoredFile } from './layout.js'
import { orTrap } from './trap.js'

/** Runs of whole frames, each valid until the next is asked for. Throws UserError. */
export type Source = AsyncGenerator<Buffer, void>

const CHUNK_BYTES = 256 * 1024
/** Rows of Parquet that become frames together. */
const BATCH_ROWS = 8192

/** Undefined where the file was removed since it was listed. Throws UserError. */
export async function openFile({ path }: StoredFile): Promise<fs.FileHandle | undefined> {
  try {
    return await fs.open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new UserError(EXIT.noInput, `cannot read ${path}: ${reasonOf(error)}`)
  }
}

/** The flows of an open file, which is closed behind them. `onRead` is called with the number of bytes of the file that were read. */
export async function* flowsOf(file: StoredFile, handle: fs.FileHandle, onRead: (bytes: number) => void): Source {
  try {
    yield* file.format === 'bin' ? binFrames(handle, onRead) : parquetFrames(handle, onRead)
  } catch (error) {
    if (error instanceof UserError) throw error
    if (error instanceof BrokenStreamError || error instanceof ColumnError)
      throw new UserError(EXIT.badData, `${file.path}: ${error.message}`)
    if (error instanceof Error && 'syscall' in error) throw new UserError(EXIT.noInput, `cannot read ${file.path}: ${reasonOf(error)}`)
    throw new UserError(EXIT.badData, `${file.path} cannot be read as Parquet: ${reasonOf(error)}`)
  } finally {
    await handle.close()
  }
}

async function* binFrames(handle: fs.FileHandle, onRead: (bytes: number) => void): Source {
  const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  let filled = chunk
  /** the frame that began in the chunk before, and where the frames that are whole in this one stand */
  let spanning: Buffer | undefined
  let from = 0
  let to = 0
  const reader = frameReader((buf, _start, end, frameStart) => {
    if (buf !== filled) spanning = Buffer.from(buf.subarray(frameStart, end))
    else {
      if (to === 0) from = frameStart
      to = end
    }
  })
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES)
    if (bytesRead === 0) break
    filled = chunk.subarray(0, bytesRead)
    spanning = undefined
    from = to = 0
    reader.push(filled)
    if (spanning !== undefined) yield spanning
    if (to > 0) yield filled.subarray(from, to)
    onRead(bytesRead)
  }
  reader.end()
}

async function* parquetFrames(handle: fs.FileHandle, onRead: (bytes: number) => void): Source {
  const [arrow, parquet] = await Promise.all([import('apache-arrow'), import('parquet-wasm')])
  const blob = blobOf(handle, (await handle.stat()).size)
  const file = await orTrap(parquet.ParquetFile.fromFile(blob))
  const rows = file.metadata().fileMetadata().numRows()
  const columns = await columnsWithValues(handle)
  const options = columns === undefined || columns.length === 0 ? {} : { columns }
  const batches = ((await orTrap(file.stream({ batchSize: BATCH_ROWS, ...options }))) as ReadableStream<RecordBatch>).getReader()
  let read: ReturnType<typeof batchReader> | undefined
  for (;;) {
    const { done, value: batch } = await orTrap(batches.read())
    if (done) break
    const table = arrow.tableFromIPC(batch.intoIPCStream())
    read ??= batchReader(arrow, table.schema)
    for (const part of table.batches) yield read(part)
    onRead((blob.size * table.numRows) / Math.max(1, rows))
  }
  file.free()
}

/** As much of a Blob of the file as parquet-wasm asks for. Node's own opens the file anew for each part, by a name that may be gone. */
function blobOf(handle: fs.FileHandle, size: number): Blob {
  async function read(from: number, to: number): Promise<ArrayBuffer> {
    const bytes = new Uint8Array(Math.max(0, Math.min(to, size) - from))
    for (let done = 0; done < bytes.length;) {
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, from + done)
      if (bytesRead === 0) throw new Error('it was cut while it was read')
      done += bytesRead
    }
    return bytes.buffer
  }
  return { size, slice: (from = 0, to = size) => ({ arrayBuffer: () => read(from, to) }) } as Blob
}
