/** The definition of a tool: what it reads and writes, its options, its examples. */
import type { StreamKind } from '../flow/streamkind.js'
import type { OptionTable } from './optiontable.js'

/** Messages of these kinds; text; packets of a capture file; an Arrow stream; or nothing. */
export type Traffic = readonly StreamKind[] | 'text' | 'capture' | 'arrow' | 'nothing'

/** One way to use a tool. */
export interface Mode<Name extends string = string> {
  /** the options that choose it, as `w` or `format=json`; none: what is left */
  readonly when?: readonly (Name | `${Name}=${string}`)[]
  /** what comes in on stdin, or in the files of the command line */
  readonly reads: Traffic
  /** what goes out on stdout */
  readonly writes: Traffic
  /** of a mode that reads nothing: the option for what an operand was likely meant to be */
  readonly insteadOfOperand?: Name
}

/** The operands of a tool that reads them as files, and stdin where there are none. */
export const FILES = '[FILE...]'

export interface Definition<T extends OptionTable = OptionTable> {
  readonly name: `flow-${string}`
  /** what it does, in one line */
  readonly summary: string
  /** what follows the options: FILES, a word for people as `EXPRESSION...`, or nothing */
  readonly operands?: string
  /** what to say of an operand of a tool that takes none; undefined where it means nothing */
  readonly operandMeant?: (word: string) => string | undefined
  /** the first one whose options are given counts */
  readonly modes: readonly Mode<keyof T & string>[]
  readonly options: T
  /** a few command lines to paste, for the end of the help */
  readonly examples: readonly string[]
}

/** The mode that these options choose. */
export function modeOf({ name, modes }: Definition, options: Readonly<Record<string, unknown>>): Mode {
  const mode = modes.find(({ when = [] }) => when.every((condition) => isMet(condition, options)))
  if (mode === undefined) throw new Error(`${name} has no mode without options`)
  return mode
}

function isMet(condition: string, options: Readonly<Record<string, unknown>>): boolean {
  const [name, value] = condition.split('=')
  const given = options[name]
  return value === undefined ? given !== undefined && given !== false && given !== '' : String(given) === value
}

/** The options that choose a mode, as they are written: `-consume`, `-w a.pcap`. */
export function choosing({ when = [] }: Mode, options: Readonly<Record<string, unknown>>): string[] {
  return when.flatMap((condition) => {
    const [option, value = options[option]] = condition.split('=')
    return [`-${option}`, ...(typeof value === 'string' ? [value] : [])]
  })
}

/** How a mode is written on a command line: `flow-kafka -consume`. */
export function invocation(name: string, mode: Mode, options: Readonly<Record<string, unknown>>): string {
  return [name, ...choosing(mode, options)].join(' ')
}
