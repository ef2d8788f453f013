/** What is done to files so that it stays done, and what happens when the disk is full. */
import fs from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EXIT, reasonOf, UserError } from '../cli/exit.js'
import type { Log } from '../cli/log.js'

/** How often a full disk is tried again. */
const RETRY_MS = 500

export interface Disk {
  /** Runs what writes, again and again as long as there is no room for it. `what` completes "cannot …" of errors. Throws UserError. */
  run<T>(what: string, write: () => Promise<T>): Promise<T>
  /** Has a disk that is full waited for no longer than so many milliseconds from now. */
  waitNoLongerThan(ms: number): void
  /** how often there was no room */
  readonly full: number
}

/** `makeRoom` is called before each new try: it may remove what is too old. */
export function openDisk(dir: string, log: Log, makeRoom: () => Promise<void>): Disk {
  let deadline = Infinity
  const disk = {
    full: 0,
    async run<T>(what: string, write: () => Promise<T>): Promise<T> {
      for (let tries = 0; ; tries++) {
        try {
          const result = await write()
          if (tries > 0) log.info(`there is room again in ${dir}`)
          return result
        } catch (error) {
          if (error instanceof UserError) throw error
          if (!isFull(error)) throw new UserError(EXIT.cannotCreate, `cannot ${what}: ${reasonOf(error)}`)
          if (performance.now() > deadline) throw new UserError(EXIT.ioError, `cannot ${what}: ${reasonOf(error)}`)
          if (tries === 0) {
            disk.full++
            log.warn(`no space left for ${dir}: waiting until there is some; nothing is lost, what writes to flow-store waits too`)
          }
          await sleep(RETRY_MS)
          await makeRoom()
        }
      }
    },
    waitNoLongerThan(ms: number): void {
      deadline = Math.min(deadline, performance.now() + ms)
    }
  }
  return disk
}

/** No space, or no more of it for this user. */
function isFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')
}

/**
 * Makes a folder and those above it, each of which is then known to the disk.
 * One at a time: in a place that takes no folders, /proc for one, Node's own recursive mkdir never ends.
 */
export async function makeFolder(folder: string): Promise<void> {
  if (await exists(folder)) return
  const parent = path.dirname(folder)
  if (parent !== folder) await makeFolder(parent)
  try {
    await fs.mkdir(folder)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    throw error
  }
  await syncFolder(parent)
}

/** Has the names in a folder written to the disk, where the system can. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.open(folder, 'r')
  try {
    await handle.sync()
  } catch (error) {
    if (!['EINVAL', 'EPERM', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  } finally {
    await handle.close()
  }
}

/** Whether there is such a file or folder. */
export async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false
  )
}
