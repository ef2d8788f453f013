/** A mistake in a filter as a tool tells it. */
import { EXIT, UserError } from '../cli/exit.js'
import { FilterError, shownMistake } from './filtererror.js'

/** Runs `compile`; a FilterError becomes the user's, with the line, a caret under the mistake and what would do. `prefix`: the option it is of. */
export function told<T>(compile: () => T, prefix = ''): T {
  try {
    return compile()
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    const place = error.file === undefined ? prefix : `${error.file}:${error.text.slice(0, error.at.start).split('\n').length}: `
    throw new UserError(EXIT.usage, `${place}${error.message}`, shownMistake(error))
  }
}
