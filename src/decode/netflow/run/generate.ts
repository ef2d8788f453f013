/**
 * The steps of a program as one function, which V8 makes faster code of than of steps that are called one after another. It is generated for
 * programs that have written enough records for it to pay: who floods us with templates generates nothing. Programs of the same text share one
 * function, whoever sent their templates, and there are never more than MOST_FUNCTIONS: what is redefined for ever takes no memory.
 *
 * Where Node is told to make no code of strings (--disallow-code-generation-from-strings), all programs run step by step.
 */
import { inputView } from '../../memory/in.js'
import { outCommon, outputView, outUint64, VARINT_MARKS, VARINT_SIZES } from '../../memory/out.js'
import type { Code, Program } from '../compile/plan.js'
import { joined, source } from '../fields/source.js'
import { outInstant, setMillis64, setUptime } from '../fields/times.js'
import type { Calls } from '../fields/step.js'

/** Records that a program writes step by step before it is generated. */
export const WORTH_RECORDS = 500
export const MOST_FUNCTIONS = 256

/** What source text may name beside the parameters of its function. */
const NAMES = {
  input: inputView(),
  output: outputView(),
  VARINT_MARKS,
  VARINT_SIZES,
  outCommon,
  outInstant,
  outUint64,
  setMillis64,
  setUptime
}

/** By their text, the oldest first. */
const functions = new Map<string, Code>()
let isAllowed = true

/** How many there are. */
export const functionCount = (): number => functions.size

/** To be called for each record that the program writes step by step: generates its function when it is worth it. */
export function noteWritten(program: Program): void {
  if (++program.written < WORTH_RECORDS || !isAllowed) return
  program.written = 0
  const calls: Calls = []
  const text = joined(
    [source`pos = outCommon(pos, context.commonBytes)`, ...program.steps.map(({ print }) => print(calls)), source`return pos`],
    '\n'
  )
  program.calls = calls
  program.code = functions.get(text) ?? generate(text)
}

function generate(text: string): Code | undefined {
  // the names are constants of a scope around the function, which V8 builds into it
  const scope = `'use strict'; const { ${Object.keys(NAMES).join(', ')} } = names
return (pos, record, context, calls, offsets) => {
${text}
}`
  let code: Code
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- `source` lets nothing but whole numbers into the text
    code = { run: (new Function('names', scope) as (names: object) => NonNullable<Code['run']>)(NAMES) }
  } catch (error) {
    if (!(error instanceof EvalError)) throw error
    isAllowed = false
    return undefined
  }
  if (functions.size === MOST_FUNCTIONS) giveUpOldest()
  functions.set(text, code)
  return code
}

function giveUpOldest(): void {
  for (const [text, code] of functions) {
    code.run = undefined
    functions.delete(text)
    return
  }
}
