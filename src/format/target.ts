/** Where lines go: stdout, or a file that is appended to and can be rotated under the tool. */
import fs from 'node:fs'
import { Writable } from 'node:stream'
import { EXIT, reasonNotMade, reasonOf, UserError } from '../cli/exit.js'
import type { Log } from '../cli/log.js'
import { appendText } from '../flow/appendable.js'
import { openOutput, type Output } from '../flow/output.js'

export interface Target {
  readonly output: Output
  /** Says what stands at the start of each file, with its line end, before anything is written. */
  begin(header: string): void
  /** Opens the file anew, for one that was moved away; the old one ends with a whole line. What is buffered goes to either of them. */
  reopen(): void
  /** To be called when everything is written. Throws UserError with code 74 where it did not arrive. */
  close(): Promise<void>
}

/**
 * A file that is appended to; the header is written at the start of one that is empty. `onBroken` is called when it can no longer be
 * written: stop reading then, the output's next `ready` or `end` throws. Throws UserError with code 73 where there can be no such file.
 */
export function fileTarget(file: string, log: Log, onBroken: () => void): Target {
  const cannotWrite = (error: unknown): UserError => new UserError(EXIT.ioError, `cannot write ${file}: ${reasonOf(error)}`)
  let header = ''
  let writing = false
  let stale = false
  let fd: number
  try {
    fd = fs.openSync(file, 'a')
  } catch (error) {
    throw new UserError(EXIT.cannotCreate, `cannot open ${file}: ${reasonNotMade(file, error)}`)
  }

  /** Between two writes: each is a number of whole lines. */
  function replace(): void {
    stale = false
    let opened: number | undefined
    try {
      opened = fs.openSync(file, 'a')
      writeHeader(file, opened, header)
    } catch (error) {
      log.error(`cannot reopen ${file}: ${reasonOf(error)}; lines still go to the file that was open`)
      if (opened !== undefined) fs.closeSync(opened)
      return
    }
    fs.close(fd, (error) => {
      if (error !== null) log.error(`${file}, before it was reopened: ${reasonOf(error)}`)
    })
    fd = opened
  }

  function writeAll(chunk: Buffer, done: (error: Error | null) => void): void {
    fs.write(fd, chunk, (error, size) => {
      if (error === null && size < chunk.length) writeAll(chunk.subarray(size), done)
      else done(error)
    })
  }

  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      writing = true
      writeAll(chunk, (error) => {
        writing = false
        if (stale) replace()
        done(error)
      })
    }
  })
  const output = openOutput(stream, (error) => {
    onBroken()
    return cannotWrite(error)
  })
  return {
    output,
    begin(text) {
      header = text
      try {
        writeHeader(file, fd, header)
      } catch (error) {
        throw error instanceof UserError ? error : cannotWrite(error)
      }
    },
    reopen() {
      if (writing) stale = true
      else replace()
    },
    close: () =>
      new Promise((resolve, reject) => {
        fs.close(fd, (error) => {
          if (error === null) resolve()
          else reject(cannotWrite(error))
        })
      })
  }
}

/** At the start of a file. Throws UserError with code 73 where one that is appended to begins otherwise: its columns are others. */
function writeHeader(file: string, fd: number, header: string): void {
  if (header === '') return
  const stat = fs.fstatSync(fd)
  if (stat.size === 0) fs.writeFileSync(fd, header)
  else if (stat.isFile() && (startOf(file, Buffer.byteLength(header)) ?? header) !== header)
    throw new UserError(
      EXIT.cannotCreate,
      `${file} begins with other columns than ${header.trimEnd()}: append to another file, or choose its own by -fields`
    )
}

/** The first bytes of a file; undefined where it may not be read. */
function startOf(file: string, bytes: number): string | undefined {
  let fd: number
  try {
    fd = fs.openSync(file, 'r')
  } catch {
    return undefined
  }
  const start = Buffer.alloc(bytes)
  const read = fs.readSync(fd, start)
  fs.closeSync(fd)
  return start.toString('utf8', 0, read)
}

/** stdout as a target; there is nothing to reopen. */
export function stdoutTarget(output: Output): Target {
  return {
    output,
    begin(header) {
      appendText(output, header)
      output.commit()
    },
    reopen: () => undefined,
    close: () => Promise.resolve()
  }
}
