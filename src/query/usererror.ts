/** A mistake in a filter as an error of the user. */
import { statSync } from 'node:fs'
import { EXIT, UserError } from '../cli/exit.js'
import { FilterError, shownMistake } from './filtererror.js'

/**
 * Runs `compile`; a FilterError becomes the user's, with the line, a caret under the mistake and what would do. `prefix`: the option it is of;
 * `tool`: what has the expression as its operands, and files behind -r.
 */
export function asUserError<T>(compile: () => T, { prefix = '', tool }: { prefix?: string; tool?: string } = {}): T {
  try {
    return compile()
  } catch (error) {
    if (!(error instanceof FilterError)) throw error
    const { file, text, at, message } = error
    const where = file === undefined ? prefix : `${file}:${text.slice(0, at.start).split('\n').length}: `
    const advice = file === undefined && tool !== undefined ? fileAdvice(tool, text, at.start) : ''
    throw new UserError(EXIT.usage, `${where}${message}${advice}`, shownMistake(error))
  }
}

/** What to add to a mistake at `text[place]` where a file's name stands; a tool with an expression has its files behind -r. */
export function fileAdvice(tool: string, text: string, place: number): string {
  const word = /[^\s()"]*$/.exec(text.slice(0, place))![0] + /^[^\s()"]*/.exec(text.slice(place))![0]
  // it throws where a part of the path is no folder, and where the word is too long for a name
  try {
    return statSync(word).isFile() ? `; a file goes behind -r: ${tool} -r ${word} …` : ''
  } catch {
    return ''
  }
}
