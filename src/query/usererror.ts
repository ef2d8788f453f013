/** A mistake in a filter as an error of the user. */
import { EXIT, UserError } from '../cli/exit.js'
import { FilterError, shownMistake } from './filtererror.js'

/** Runs `compile`; a FilterError becomes the user's, with the line, a caret under the mistake and what would do. `prefix`: the option it is of. */
export function asUserError<T>(compile: () => T, prefix = ''): T {
  try {
    return compile()
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    const where = error.file === undefined ? prefix : `${error.file}:${error.text.slice(0, error.at.start).split('\n').length}: `
    throw new UserError(EXIT.usage, `${where}${error.message}`, shownMistake(error))
  }
}
