/** The file of one window, from its first flow to its name. */
import type { Disk } from './disk.js'
import type { StoreFormat } from './layout.js'
import { openPart, type Part } from './part.js'

export interface WindowFile {
  /** Writes whole frames; the buffer may be used again once that is done. */
  write(frames: Buffer): Promise<void>
  /** Whether what comes next is for another file. */
  isFull(): boolean
  /** Has the file whole, on the disk and under its name; returns its size in bytes. */
  finish(): Promise<number>
  /** Leaves it as it is. */
  abandon(): Promise<void>
}

/** What flows become on their way into a file. */
export interface FlowWriter {
  /** Writes whole frames; the buffer may be used again once that is done. */
  write(frames: Buffer): Promise<void>
  /** Whether it has as much as one file may have. */
  isFull(): boolean
  /** Writes what is left; the file is whole then. */
  end(): Promise<void>
}

/** The messages as they came: a stream that every tool reads. */
export function binWriter(part: Part): FlowWriter {
  return { write: (frames) => part.append(frames), isFull: () => false, end: () => Promise.resolve() }
}

/** A maker of files in the store at `dir`; `onWhole` is called with the name that each gets. */
export function windowFiles(
  disk: Disk,
  dir: string,
  format: StoreFormat,
  writerOf: (part: Part) => FlowWriter,
  onWhole: (file: string, bytes: number, start: number) => Promise<void>
): (window: { readonly start: number }) => Promise<WindowFile> {
  return async ({ start }) => {
    const part = await openPart(disk, dir, start, format)
    const writer = writerOf(part)
    return {
      write: (frames) => writer.write(frames),
      isFull: () => writer.isFull(),
      async finish() {
        await writer.end()
        const file = await part.finish()
        await onWhole(file, part.bytes, start)
        return part.bytes
      },
      abandon: () => part.abandon()
    }
  }
}
