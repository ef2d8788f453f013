/** A progress bar on stderr, for people who wait for large files. */
import fs from 'node:fs'
import tty from 'node:tty'

/** Less than this is read before anyone looks. */
const WORTH_A_BAR_BYTES = 16 * 1024 * 1024
const MB = 1_000_000
const STEPS = 200

export interface Progress {
  /** Shows how many bytes have been read. */
  update(bytes: number): void
  /** Takes the bar away while `say` writes to the same terminal. */
  interrupt(say: () => void): void
  end(): void
}

const NO_PROGRESS: Progress = {
  update: () => undefined,
  interrupt(say) {
    say()
  },
  end: () => undefined
}

/** A bar where the files are large, and stderr is a terminal that no other tool of the pipeline writes to. */
export async function openProgress(totalBytes: number): Promise<Progress> {
  if (totalBytes < WORTH_A_BAR_BYTES || !tty.isatty(2) || isTerminalShared()) return NO_PROGRESS
  const { SingleBar } = await import('cli-progress')
  const bar = new SingleBar({
    format: '{bar} {percentage}% of {total} MB, {eta_formatted} left',
    formatValue: (value, _options, type) => (type === 'total' ? (value / MB).toFixed(0) : String(value)),
    stream: process.stderr,
    clearOnComplete: true,
    linewrap: true,
    etaBuffer: STEPS / 10
  })
  let shown = 0
  const begin = (): void => {
    bar.start(totalBytes, shown)
  }
  begin()
  return {
    update(bytes) {
      if (bytes - shown < totalBytes / STEPS) return
      shown = Math.min(bytes, totalBytes)
      bar.update(shown)
    },
    interrupt(say) {
      bar.stop()
      say()
      begin()
    },
    end() {
      bar.stop()
    }
  }
}

/** Whether a process of our group, as the last of a pipeline, has the same terminal as its stdout: lines and bar would overwrite each other. */
function isTerminalShared(): boolean {
  try {
    const terminal = fs.readlinkSync('/proc/self/fd/2')
    const group = groupOf('self')
    const shell = String(process.ppid) // it waits
    return fs.readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && pid !== shell && groupOf(pid) === group && stdoutOf(pid) === terminal)
  } catch {
    return false // no /proc
  }
}

/** proc(5): pid (name) state ppid pgrp … */
function groupOf(pid: string): string | undefined {
  return readOrNothing(() => fs.readFileSync(`/proc/${pid}/stat`, 'latin1'))
    ?.replace(/^.*\) /s, '')
    .split(' ')[2]
}

function stdoutOf(pid: string): string | undefined {
  return readOrNothing(() => fs.readlinkSync(`/proc/${pid}/fd/1`))
}

/** A process may end, or be another user's. */
function readOrNothing(read: () => string): string | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
