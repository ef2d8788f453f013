/** A progress bar on stderr, for people who wait for large files. */
import tty from 'node:tty'

/** Less than this is read before anyone looks. */
const WORTH_A_BAR_BYTES = 16 * 1024 * 1024
const MB = 1_000_000

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

/** A bar where stderr is a terminal and the files are large. */
export async function openProgress(totalBytes: number): Promise<Progress> {
  if (totalBytes < WORTH_A_BAR_BYTES || !tty.isatty(2)) return NO_PROGRESS
  const { SingleBar } = await import('cli-progress')
  const bar = new SingleBar({
    format: '{bar} {percentage}% of {total} MB, {eta_formatted} left',
    formatValue: (value, _options, type) => (type === 'total' ? (value / MB).toFixed(0) : String(value)),
    stream: process.stderr,
    clearOnComplete: true,
    fps: 4
  })
  let read = 0
  const begin = (): void => {
    bar.start(totalBytes, read)
  }
  begin()
  return {
    update(bytes) {
      read = Math.min(bytes, totalBytes)
      bar.update(read)
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
