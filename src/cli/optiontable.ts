/** A tool's options as a table, from which its command line, help, completion and the types of their values come. */
import { LOG_FORMATS, LOG_LEVELS } from './log.js'

/** One option: a row under its name. */
export interface Option {
  /** what its value is called, as `file`; an option without one is a switch */
  readonly argument?: string
  readonly help: string
  /** Turns the word into a value; an option that may be given again adds to `previous`. Throws `badValue`. */
  parse?(word: string, previous?: unknown): unknown
  /** a string is parsed as the user's words are; a switch is off without one */
  readonly default?: string | number | boolean
  readonly choices?: readonly string[]
  /** the choice may be written in capitals */
  readonly anyCase?: true
  /** the environment variable that stands for an option with choices where it is not given */
  readonly variable?: string
  /** other spellings of the same option */
  readonly aliases?: readonly string[]
  /** shown by `-h all` and the man page, not by `-h` */
  readonly rare?: true
  /** accepted and not shown */
  readonly hidden?: true
  /** its words are names of fields, with commas in between */
  readonly isFields?: true
  /** its values are files to read instead of stdin */
  readonly isInput?: true
  /** the files that its value makes the tool write, none of which may be read */
  writes?(value: unknown): readonly string[]
}

export type OptionTable = Readonly<Record<string, Option>>

type ValueOf<O extends Option> = O extends { parse(word: string, previous?: never): infer Value }
  ? Value
  : O extends { choices: readonly (infer Choice)[] }
    ? Choice
    : O extends { argument: string }
      ? string
      : boolean

/** The options that have a value whether they are given or not. */
type Always<T extends OptionTable> = {
  [Name in keyof T]: T[Name] extends { default: unknown } ? Name : T[Name] extends { argument: string } ? never : Name
}[keyof T]

/** The values of a table's options, by name. */
export type OptionsOf<T extends OptionTable> = { readonly [Name in Always<T>]: ValueOf<T[Name]> } & {
  readonly [Name in Exclude<keyof T, Always<T>>]?: ValueOf<T[Name]>
}

/** The table as it is written, its choices as types. */
export function optionTable<const T extends OptionTable>(table: T): T {
  return table
}

/** The options that every tool has. */
export const COMMON_OPTIONS = optionTable({
  addr: { argument: 'address', help: 'serve metrics over HTTP, as :8080 or 127.0.0.1:8080' },
  loglevel: {
    argument: 'level',
    help: 'debug, info, warn or error',
    choices: LOG_LEVELS,
    default: 'info',
    anyCase: true,
    variable: 'FLOW_LOGLEVEL'
  },
  logfmt: {
    argument: 'format',
    help: 'normal or json',
    rare: true,
    choices: LOG_FORMATS,
    default: 'normal',
    anyCase: true,
    variable: 'FLOW_LOGFMT'
  }
})

export type CommonOptions = OptionsOf<typeof COMMON_OPTIONS>

/** The option `r` of tools whose operands are no files. */
export const INPUT_FILES = optionTable({
  r: { argument: 'file', help: 'read flows from this file instead of stdin; may be given again', parse: another, isInput: true }
})

/** The `parse` of an option whose words are gathered. */
export function another(word: string, previous: readonly string[] = []): string[] {
  return [...previous, word]
}

/** The `writes` of an option whose word is a file. */
export function thatFile(file: string): string[] {
  return [file]
}

/** `db.asn <file>`: the option as it is written, without its dash. */
export function usageOf(name: string, { argument }: Option): string {
  return argument === undefined ? name : `${name} <${argument}>`
}
