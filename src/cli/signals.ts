/** What SIGINT and SIGTERM do: the first asks the tool to end well, the second ends it at once. */
export type StopSignal = 'SIGINT' | 'SIGTERM'

export interface Signals {
  /** Does what the first signal does, where none has come. */
  stop(): void
  /** Calls `handler` at the first signal; at once where that has come. */
  onStop(handler: (signal: StopSignal) => void): void
}

/** Watches the signals from now on. Exit codes of a second signal are 128 and its number. */
export function watchSignals(): Signals {
  const handlers: ((signal: StopSignal) => void)[] = []
  let came: StopSignal | undefined
  const first = (signal: StopSignal): void => {
    came = signal
    for (const handler of handlers) handler(signal)
  }
  const receive = (signal: StopSignal, number: number): void => {
    if (came !== undefined) process.exit(128 + number)
    first(signal)
  }
  process.on('SIGINT', () => {
    receive('SIGINT', 2)
  })
  process.on('SIGTERM', () => {
    receive('SIGTERM', 15)
  })
  return {
    stop() {
      if (came === undefined) first('SIGINT')
    },
    onStop(handler) {
      handlers.push(handler)
      if (came !== undefined) handler(came)
    }
  }
}
