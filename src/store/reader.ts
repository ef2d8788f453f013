/** A file of a store that is being read, flow by flow. */
import type { FileHandle } from 'node:fs/promises'
import { fieldReader, fieldValues } from '../flow/fieldvalues.js'
import { flowMessage, schemaOf } from '../flow/proto.js'
import { readVarint } from '../flow/varint.js'
import type { StoredFile } from './layout.js'
import type { Moment } from './moment.js'
import { flowsOf } from './sources.js'

/** The next flow is the frame `frames[start, end)`, received at that moment. */
export interface Reader extends Moment {
  frames: Buffer
  start: number
  end: number
  /** Steps to the next flow; false where more has to be read for it. */
  step(): boolean
  /** whether there is no next flow: `refill` */
  isEmpty: boolean
  /** Reads more, and steps to its first flow; false at the end of the file. */
  refill(): Promise<boolean>
  close(): Promise<void>
}

const values = fieldValues(schemaOf([flowMessage.field('time_received_ns')]))
const readTime = fieldReader(values)
const cursor = { pos: 0, lo: 0, hi: 0 }

/** A reader at the open file's first flow; undefined where it has none. The file is closed at its end, and by `close`. Throws UserError. */
export async function openReader(file: StoredFile, handle: FileHandle, onRead: (bytes: number) => void): Promise<Reader | undefined> {
  const source = flowsOf(file, handle, onRead)
  const reader: Reader = {
    frames: Buffer.alloc(0),
    start: 0,
    end: 0,
    hi: 0,
    lo: 0,
    isEmpty: true,
    step() {
      const { frames, end } = reader
      if (end === frames.length) {
        reader.isEmpty = true
        return false
      }
      readVarint(frames, end, frames.length, cursor)
      reader.start = end
      reader.end = cursor.pos + cursor.lo
      values.hi[0] = values.lo[0] = 0
      readTime(frames, cursor.pos, reader.end)
      reader.hi = values.hi[0]
      reader.lo = values.lo[0] >>> 0
      reader.isEmpty = false
      return true
    },
    async refill() {
      do {
        const next = await source.next()
        if (next.done === true) return false
        reader.frames = next.value
        reader.end = 0
      } while (!reader.step())
      return true
    },
    async close() {
      await source.return()
    }
  }
  return (await reader.refill()) ? reader : undefined
}
