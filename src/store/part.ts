/** A file that is being written: nobody sees it under its own name before it is whole and on the disk. */
import fs from 'node:fs/promises'
import path from 'node:path'
import { EXIT, reasonOf, UserError } from '../cli/exit.js'
import { type Disk, exists, makeFolder, syncFolder } from './disk.js'
import { type FileName, pathOf, type StoreFormat } from './layout.js'

export interface Part {
  /** Appends bytes; waits where the disk is full. Throws UserError. */
  append(bytes: Uint8Array): Promise<void>
  /** Gives the file its name, and that back, with the store's folder in front. */
  finish(): Promise<string>
  /** Closes it as it is. */
  abandon(): Promise<void>
  readonly bytes: number
}

/** A new file of the window that starts at `start`. What there is already is left as it is: it gets the window's next number. */
export async function openPart(disk: Disk, dir: string, start: number, format: StoreFormat): Promise<Part> {
  const folder = path.dirname(pathOf(dir, { start, number: 1, format }))
  const [name, handle] = await disk.run(`make a file in ${folder}`, async () => {
    await makeFolder(folder)
    for (let number = 1; ; number++) {
      const name = await freeName(dir, { start, number, format })
      try {
        return [name, await fs.open(pathOf(dir, name, 'part'), 'wx')] as const
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
    }
  })
  const file = pathOf(dir, name, 'part')
  let size = 0

  const part = {
    bytes: 0,
    async append(bytes: Uint8Array): Promise<void> {
      let done = 0
      while (done < bytes.length) {
        done += await disk.run(
          `write ${file}`,
          async () => (await handle.write(bytes, done, bytes.length - done, size + done)).bytesWritten
        )
      }
      part.bytes = size += bytes.length
    },
    async finish(): Promise<string> {
      try {
        // not tried again: a second attempt may succeed without what the first one lost
        await handle.sync()
      } catch (error) {
        throw new UserError(EXIT.ioError, `cannot write ${file}: ${reasonOf(error)}`)
      } finally {
        await handle.close()
      }
      return giveName(disk, dir, file, name)
    },
    abandon: () => handle.close()
  }
  return part
}

/** Renames the file to the name, or to the window's next that is free; returns its path. */
export async function giveName(disk: Disk, dir: string, file: string, name: FileName): Promise<string> {
  const whole = pathOf(dir, await freeName(dir, name))
  await disk.run(`rename ${file}`, async () => {
    await fs.rename(file, whole)
    await syncFolder(path.dirname(whole))
  })
  return whole
}

async function freeName(dir: string, { start, number, format }: FileName): Promise<FileName> {
  while (await exists(pathOf(dir, { start, number, format }))) number++
  return { start, number, format }
}
