/** When a format is to append its pending rows. */
import type { Output, Sink } from '../flow/output.js'
import type { Format } from './anyformat.js'

/** Rows wait for a pause of so many milliseconds, but no longer than so from the first of them. */
const PAUSE_MS = 200
const LONGEST_WAIT_MS = 1000

/** The output as a filter's sink, which calls the format at pauses and at the end. */
export function pausingSink(output: Output, { pause, end }: Format): Sink {
  let first: number | undefined
  let last = 0
  let timer: NodeJS.Timeout | undefined

  function look(): void {
    const left = Math.min(last + PAUSE_MS, first! + LONGEST_WAIT_MS) - performance.now()
    if (left > 0) {
      timer = setTimeout(look, left)
      return
    }
    timer = first = undefined
    pause!(output)
    output.commit()
  }

  return {
    commit() {
      if (pause !== undefined) {
        last = performance.now()
        first ??= last
        timer ??= setTimeout(look, PAUSE_MS)
      }
      output.commit()
    },
    ready: () => output.ready(),
    get blocked() {
      return output.blocked
    },
    async end() {
      clearTimeout(timer)
      end?.(output)
      await output.end()
    }
  }
}
