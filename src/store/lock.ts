/** One flow-store at a time writes into a folder: another one would mistake its open files for those of a crash. */
import fs from 'node:fs'
import path from 'node:path'
import { EXIT, UserError } from '../cli/exit.js'

const LOCK = '.flow-store.lock'

/**
 * Takes the lock of a store until the process ends, however it ends. Throws UserError where another process has it; where there is no room
 * for it, it is not taken, and may be tried again.
 */
export function lockStore(dir: string): void {
  const file = path.join(dir, LOCK)
  const holder = holderOf(file)
  if (holder !== undefined) throw new UserError(EXIT.unavailable, `${dir} is written to by another flow-store (process ${holder})`)
  // open as long as the process lives, which is how others know
  const fd = fs.openSync(file, 'w')
  try {
    fs.writeSync(fd, `${process.pid}\n`)
  } catch (error) {
    fs.closeSync(fd)
    throw error
  }
  process.on('exit', () => {
    fs.rmSync(file, { force: true })
  })
}

/** The process that has the lock; undefined where there is none, or where it has ended. */
function holderOf(file: string): number | undefined {
  let pid: number
  try {
    pid = Number(fs.readFileSync(file, 'latin1'))
    if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return undefined
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined
    return Number(fs.readFileSync(file, 'latin1')) // another user's
  }
  return isOpenIn(pid, file) ? pid : undefined
}

/** Whether the process has the file open: another one may have got the number of one that is gone. Where the system does not say, yes. */
function isOpenIn(pid: number, file: string): boolean {
  try {
    const { dev, ino } = fs.statSync(file)
    return fs.readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const open = fs.statSync(`/proc/${pid}/fd/${fd}`, { throwIfNoEntry: false })
      return open?.dev === dev && open.ino === ino
    })
  } catch {
    return true
  }
}
