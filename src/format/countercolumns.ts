/** The columns of counters. */
import { EXIT, UserError } from '../cli/exit.js'
import { nearest } from '../cli/nearest.js'
import { counterColumns, counterPath } from '../text/countertree.js'

/** A column that the user asked for. */
export interface CounterColumn {
  readonly name: string
  readonly path: string
}

/** The columns of `-fields`. Throws UserError, 64, for an unknown one. */
export function chooseCounters(names: readonly string[] | undefined): CounterColumn[] {
  return [...new Set(names)].map((name) => {
    const path = counterPath(name)
    if (path === undefined) throw new UserError(EXIT.usage, `-fields: unknown counter '${name}': ${nearest(name, counterColumns())}`)
    return { name, path }
  })
}
