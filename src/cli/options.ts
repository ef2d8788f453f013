/**
 * Command lines as Go's flag package has them: `-db.asn FILE`, `-db.asn=FILE`, one dash or two, `-flag=false`. commander does the
 * work; it wants two dashes, so the words are made so before and shown with one dash after.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { EXIT, UserError } from './exit.js'
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from './log.js'

/** The options that every tool has. */
export interface CommonOptions {
  loglevel: LogLevel
  logfmt: LogFormat
  addr?: string
}

/** One option of a tool. */
export interface OptionSpec {
  /** `db.asn <file>`; a word without `<…>` is a switch */
  flags: string
  help: string
  /** turns the word into a value; throws `badValue` */
  parse?: (word: string, previous: unknown) => unknown
  /** a string is parsed as the user's words are */
  default?: string | number | boolean | readonly string[]
  choices?: readonly string[]
  /** the choice may be written in capitals */
  anyCase?: true
  /** the environment variable that stands for an option with choices where it is not given */
  variable?: string
  /** other spellings of the same option */
  aliases?: readonly string[]
  /** taken and not shown */
  hidden?: boolean
}

export interface CommandLine {
  name: string
  /** what it does, in one line */
  summary: string
  /** what follows the options: `[FILE...]`, or nothing */
  operands?: string
  options: readonly OptionSpec[]
  /** a few command lines to paste, for the end of the help */
  examples: readonly string[]
}

const COMMON: readonly OptionSpec[] = [
  { flags: 'addr <address>', help: 'serve /metrics and /__health over HTTP, as :8080 or 127.0.0.1:8080' },
  {
    flags: 'loglevel <level>',
    help: 'debug, info, warn or error',
    choices: LOG_LEVELS,
    default: 'info',
    anyCase: true,
    variable: 'FLOW_LOGLEVEL'
  },
  { flags: 'logfmt <format>', help: 'normal or json', choices: LOG_FORMATS, default: 'normal', anyCase: true, variable: 'FLOW_LOGFMT' }
]

/** What the command line asked for: run with these options, or print this text and be done. */
export type Parsed<O> = { options: O & CommonOptions; operands: string[] } | { text: string }

/** Reads a command line. Throws UserError with code 64. The values stand under the options' names, `db.asn` as it is. */
export function parseCommandLine<O>(line: CommandLine, version: string, argv: readonly string[]): Parsed<O> {
  const specs = [...line.options, ...COMMON]
  const command = new Command(line.name)
  let text = ''
  command
    .description(line.summary)
    .usage(`[options]${line.operands === undefined ? '' : ` ${line.operands}`}`)
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .configureHelp({ optionTerm: (option) => oneDash(option.flags).replace(SWITCH_VALUE, ''), optionDescription, helpWidth: 120 })
    .configureOutput({ writeOut: (out) => (text += out), writeErr: () => undefined })
    .addHelpText('after', `\nExamples:\n${line.examples.map((example) => `  ${example}`).join('\n')}\n\nSee also: man ${line.name}`)
    .allowExcessArguments(line.operands !== undefined)
  for (const spec of specs) command.addOption(optionOf(spec))
  try {
    command.parse(goWords(specs, argv), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { text }
    throw new UserError(EXIT.usage, usageMessage(line.name, error.message))
  }
  const options = command.opts<O & CommonOptions>()
  for (const spec of specs) {
    const { variable, choices } = spec
    const word = variable === undefined ? '' : (process.env[variable] ?? '').toLowerCase()
    if (variable === undefined || word === '' || command.getOptionValueSource(nameOf(spec)) !== 'default') continue
    if (choices?.includes(word) !== true) throw new UserError(EXIT.usage, `${variable}=${word}: ${choices?.join(', ') ?? ''}`)
    Object.assign(options, { [nameOf(spec)]: word })
  }
  return { options, operands: command.args }
}

function optionOf(spec: OptionSpec): Option {
  const option = new Option(`--${spec.flags}${isSwitch(spec) ? SWITCH_VALUE : ''}`, spec.help)
  // commander would make dbAsn of db-asn and keeps db.asn: the name as it is written
  option.attributeName = () => spec.flags.split(' ')[0]
  if (spec.choices !== undefined) option.choices(spec.choices)
  if (spec.parse !== undefined) option.argParser(spec.parse)
  else if (isSwitch(spec)) option.argParser((word) => word === 'true')
  if (spec.default !== undefined) {
    const parsed = spec.parse !== undefined && typeof spec.default === 'string' ? spec.parse(spec.default, undefined) : spec.default
    option.default(parsed, String(spec.default))
  }
  if (spec.hidden === true) option.hideHelp()
  return option
}

/** The help of an option, its choices being in the words already. */
function optionDescription({ description, defaultValueDescription: word }: Option): string {
  return word === undefined ? description : `${description} [${word}]`
}

const nameOf = (spec: OptionSpec): string => spec.flags.split(' ')[0]
const isSwitch = (spec: OptionSpec): boolean => !spec.flags.includes('<')
/** A switch is given to commander with a value, so that one that is on by default can be turned off. */
const SWITCH_VALUE = ' [on]'

/** `-x v`, `-x=v`, `--x v` → `--x=v`; `-switch` → `--switch=true`; what follows `--` and words without a dash stay as they are. */
function goWords(specs: readonly OptionSpec[], argv: readonly string[]): string[] {
  const byName = new Map<string, OptionSpec>()
  for (const spec of specs) for (const name of [nameOf(spec), ...(spec.aliases ?? [])]) byName.set(name, spec)
  const words: string[] = []
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]
    if (word === '--') return [...words, ...argv.slice(i)]
    const match = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(word)
    if (match === null || /^-{1,2}(h|v|help|version)$/.test(word)) {
      words.push(/^--?(help|version)$/.test(word) ? `--${word.replace(/^-+/, '')}` : word.replace(/^--(h|v)$/, '-$1'))
      continue
    }
    const [, name, value] = match as unknown as [string, string, string | undefined]
    const spec = byName.get(name)
    if (spec === undefined) {
      words.push(`--${name}`)
      continue
    }
    if (isSwitch(spec)) {
      if (value !== undefined && !/^(true|false|1|0|t|f)$/i.test(value)) {
        throw new UserError(EXIT.usage, `-${name} is a switch: -${name} or -${name}=false, not '${value}'`)
      }
      words.push(`--${nameOf(spec)}=${value === undefined || /^(true|1|t)$/i.test(value)}`)
      continue
    }
    const cased = (text: string): string => (spec.anyCase === true ? text.toLowerCase() : text)
    if (value !== undefined) words.push(`--${nameOf(spec)}=${cased(value)}`)
    else if (i + 1 < argv.length) words.push(`--${nameOf(spec)}=${cased(argv[++i])}`)
    else throw new UserError(EXIT.usage, `-${name} needs a value: -${spec.flags}`)
  }
  return words
}

function oneDash(text: string): string {
  return text.replace(/(^|[\s'(])--(?=\w)/g, '$1-')
}

function usageMessage(tool: string, message: string): string {
  const line = oneDash(message.replace(/^error: /, ''))
    .replace(/\n\(Did you mean (.*?)\?\)/, '; did you mean $1?')
    .replace(
      /^too many arguments.*$/,
      `takes no operands${tool === 'flow-listen' ? '' : ': input comes on stdin'}; a switch takes true or false behind =, as -x=false`
    )
    .replace(/\s*\n\s*/g, ' ')
  return line.endsWith('?') ? line : `${line.replace(/\.$/, '')} (${tool} -h lists the options)`
}

/** To be thrown by an option's `parse`; `what` says what would do. */
export function badValue(what: string): InvalidArgumentError {
  return new InvalidArgumentError(what)
}

const DURATION_UNITS: Record<string, number> = { ns: 1e-6, us: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** `10s`, `1m30s`, `0` → milliseconds. */
export function duration(word: string): number {
  if (word === '0') return 0
  let ms = 0
  if (!/^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$/.test(word)) throw badValue('A duration is a number with a unit, as 10s, 1m30s or 500ms.')
  for (const [, amount, , unit] of word.matchAll(/(\d+(\.\d+)?)(ns|us|ms|s|m|h)/g)) ms += Number(amount) * DURATION_UNITS[unit]
  return ms
}

/** The same for a timer, which Node lets wait for 24.8 days at the most. */
export function timerDuration(word: string): number {
  return Math.min(duration(word), LONGEST_TIMER_MS)
}
export const LONGEST_TIMER_MS = 2 ** 31 - 1

/** A whole number from `least` to `most`. */
export function wholeNumber(least = 0, most = Number.MAX_SAFE_INTEGER): (word: string) => number {
  return (word) => {
    const value = Number(word.replaceAll('_', ''))
    if (!/^\d[\d_]*$/.test(word) || value < least || value > most) {
      throw badValue(most === Number.MAX_SAFE_INTEGER ? `A whole number from ${least} up.` : `A whole number from ${least} to ${most}.`)
    }
    return value
  }
}

/** `a,b,c`, white space around the words cut. */
export function wordList(word: string): string[] {
  return word
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
