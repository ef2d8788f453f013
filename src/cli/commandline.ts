/**
 * Command lines as Go's flag package has them: `-db.asn FILE`, `-db.asn=FILE`, one dash or two, `-flag=false`. commander does the
 * work; it wants two dashes, so the words are made so before and shown with one dash after.
 */
import type { Definition } from './definition.js'
import { EXIT, UserError } from './exit.js'
import { helpText } from './help.js'
import { COMMON_OPTIONS, type CommonOptions, type Option, type OptionsOf, type OptionTable, usageOf } from './optiontable.js'
import { UnknownOptionError } from './unknownoption.js'

/** What the command line asked for: run with these options, or print this text and be done. */
export type Parsed<T extends OptionTable> = { options: OptionsOf<T> & CommonOptions; operands: string[] } | { text: string }

/** Throws UserError with code 64. */
export async function parseCommandLine<T extends OptionTable>(
  definition: Definition<T>,
  version: string,
  argv: readonly string[]
): Promise<Parsed<T>> {
  const table: OptionTable = { ...definition.options, ...COMMON_OPTIONS }
  const asked = goWords(definition, table, version, argv)
  if ('text' in asked) return asked
  const given = asked.words.length === 0 ? { options: {}, operands: [] } : await valuesOf(definition, table, asked.words)
  const absent = Object.entries(table).filter(([name]) => !Object.hasOwn(given.options, name))
  const options = { ...given.options, ...Object.fromEntries(absent.map(([name, option]) => [name, valueNotGiven(option)])) }
  return { options: options as OptionsOf<T> & CommonOptions, operands: given.operands }
}

/** The values of the options that are given, and the operands. */
async function valuesOf(
  definition: Definition,
  table: OptionTable,
  words: readonly string[]
): Promise<{ options: Readonly<Record<string, unknown>>; operands: string[] }> {
  // a fifth of a start is to load it
  const { Command, CommanderError, Option: CommanderOption } = await import('commander')
  const command = new Command(definition.name)
    .helpOption(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .allowExcessArguments(definition.operands !== undefined)
  for (const [name, option] of Object.entries(table)) {
    const made = new CommanderOption(`--${usageOf(name, option)}${isSwitch(option) ? SWITCH_VALUE : ''}`)
    // commander would make dbAsn of db-asn and keeps db.asn: the name as it is written
    made.attributeName = () => name
    if (option.choices !== undefined) made.choices(option.choices)
    if (option.parse !== undefined) made.argParser((word, previous) => option.parse!(word, previous))
    else if (isSwitch(option)) made.argParser((word) => word === 'true')
    command.addOption(made)
  }
  try {
    command.parse(words, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    const operand = words.find((word) => !word.startsWith('--'))
    const meant = error.code === 'commander.excessArguments' && operand !== undefined ? definition.operandMeant?.(operand) : undefined
    throw new UserError(EXIT.usage, meant ?? usageMessage(definition, error.message))
  }
  return { options: command.opts(), operands: command.args }
}

/** The value of an option that is not on the command line. Throws UserError where the environment has a wrong one. */
function valueNotGiven({ argument, variable, choices, default: word, ...option }: Option): unknown {
  const fromEnvironment = variable === undefined ? '' : (process.env[variable] ?? '').toLowerCase()
  if (fromEnvironment !== '') {
    if (choices?.includes(fromEnvironment) === true) return fromEnvironment
    throw new UserError(EXIT.usage, `${variable}=${fromEnvironment}: ${choices?.join(', ') ?? ''}`)
  }
  if (word === undefined) return argument === undefined ? false : undefined
  return typeof word === 'string' && option.parse !== undefined ? option.parse(word) : word
}

const isSwitch = ({ argument }: Option): boolean => argument === undefined
/** A switch is given to commander with a value, so that one that is on by default can be turned off. */
const SWITCH_VALUE = ' [on]'

/**
 * `-x v`, `-x=v`, `--x v` → `--x=v`; `-switch` → `--switch=true`; what follows `--` and words without a dash stay as they are. Or the text that
 * `-h`, `-h all` and `-v` ask for.
 */
function goWords(
  definition: Definition,
  table: OptionTable,
  version: string,
  argv: readonly string[]
): { words: string[] } | { text: string } {
  const names = new Map<string, string>()
  for (const [name, { aliases = [] }] of Object.entries(table)) for (const spelling of [name, ...aliases]) names.set(spelling, name)
  const words: string[] = []
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]
    if (word === '--') return { words: [...words, ...argv.slice(i)] }
    const match = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(word)
    if (match === null) {
      words.push(word)
      continue
    }
    const [, spelling, value] = match as unknown as [string, string, string | undefined]
    if (/^(h|help)$/.test(spelling)) return { text: helpText(definition, (value ?? argv[i + 1]) === 'all') }
    if (/^(v|version)$/.test(spelling)) return { text: `${version}\n` }
    const name = names.get(spelling)
    if (name === undefined) throw new UnknownOptionError(definition, spelling, value ?? argv[i + 1])
    const option = table[name]
    if (isSwitch(option)) {
      if (value !== undefined && !/^(true|false|1|0|t|f)$/i.test(value)) {
        throw new UserError(EXIT.usage, `-${spelling} is a switch: -${spelling} or -${spelling}=false, not '${value}'`)
      }
      words.push(`--${name}=${value === undefined || /^(true|1|t)$/i.test(value)}`)
      continue
    }
    const cased = (text: string): string => (option.anyCase === true ? text.toLowerCase() : text)
    if (value !== undefined) words.push(`--${name}=${cased(value)}`)
    else if (i + 1 < argv.length) words.push(`--${name}=${cased(argv[++i])}`)
    else throw new UserError(EXIT.usage, `-${spelling} needs a value: -${usageOf(name, option)}`)
  }
  return { words }
}

function oneDash(text: string): string {
  return text.replace(/(^|[\s'(])--(?=\w)/g, '$1-')
}

function usageMessage({ name }: Definition, message: string): string {
  const line = oneDash(message.replace(/^error: /, ''))
    .replace(/^too many arguments.*$/, 'takes no operands; a switch takes true or false behind =, as -x=false')
    .replace(/\s*\n\s*/g, ' ')
  return `${line.replace(/\.$/, '')} (${name} -h lists the options)`
}
