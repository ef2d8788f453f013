/** What a plan is made of. */
import type { RecordContext } from './context.js'
import { type Source, source } from './source.js'

/**
 * Writes at `pos` of the messages what it has to of the record that starts at `record` of the input; returns the position behind that, `pos`
 * itself where there is nothing to write.
 */
export type Write = (pos: number, record: number, context: RecordContext) => number

/** The functions that a plan's source text calls by their numbers: those of steps, and those that only look (times.ts). */
export type Calls = (Write | ((record: number, context: RecordContext) => boolean))[]

/** A step of a plan writes a field, or a few. It is there twice, side by side: as a function, and as source text that does the same. */
export interface Step {
  readonly write: Write
  /** A statement that moves `pos` on. Which names it may use beside those of Write stands in run/generate.ts. */
  readonly print: (calls: Calls) => Source
}

/** A step that source text only calls: most records have none of it, or it does more than a call costs. */
export function call(write: Write): Step {
  return { write, print: (calls) => source`pos = calls[${calls.push(write) - 1}](pos, record, context)` }
}

/** The same, but called only where a condition holds; where it does not, there is nothing to write. */
export function callIf(condition: Source, write: Write): Step {
  const { print } = call(write)
  return { write, print: (calls) => source`if (${condition}) ${print(calls)}` }
}

/** The first of these that has something to write. */
export function firstOf(steps: readonly Step[]): Step {
  return {
    write(pos, record, context) {
      for (const { write } of steps) {
        const end = write(pos, record, context)
        if (end !== pos) return end
      }
      return pos
    },
    print: (calls) => printFirst(steps, calls)
  }
}

function printFirst([first, ...others]: readonly Step[], calls: Calls): Source {
  if (others.length === 0) return first.print(calls)
  return source`{ const start = pos; ${first.print(calls)}; if (pos === start) { ${printFirst(others, calls)} } }`
}
