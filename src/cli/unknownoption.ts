/** The error for an option that a tool does not have. */
import { allTools } from './alltools.js'
import { type Definition, FILES } from './definition.js'
import { EXIT, UserError } from './exit.js'
import { alike } from './nearest.js'
import { COMMON_OPTIONS, type OptionTable } from './optiontable.js'

/** The tool has no such option. */
export class UnknownOptionError extends UserError {
  constructor(
    private readonly definition: Definition,
    private readonly option: string,
    /** the word behind it; undefined where there is none */
    private readonly value: string | undefined
  ) {
    super(EXIT.usage, `unknown option -${option} (${definition.name} -h lists the options)`)
  }

  /** The same, with the tools that have such an option or the name that was likely meant. */
  async explained(): Promise<UserError> {
    const { option, definition, value = 'FILE' } = this
    const meant = alike(option, spellings({ ...definition.options, ...COMMON_OPTIONS }))
    const having = (await allTools()).filter(({ options }) => spellings(options).includes(option))
    const others: string[] = having.map(({ name }) => name)
    const withHint = (what: string): UserError => new UserError(EXIT.usage, `unknown option -${option}${what}`)
    if (definition.operands === FILES && having.some(({ options }) => options[option]?.isInput === true))
      return withHint(`: files are given as they are, ${definition.name} ${value}`)
    if (others.includes(`flow-${option}`) || others.length === 1)
      return withHint(`: ${others.find((name) => name === `flow-${option}`) ?? others[0]} has it`)
    if (others.length > 1) return withHint(`: ${others.join(', ')} have it`)
    return meant === undefined ? this : withHint(`; did you mean -${meant}?`)
  }
}

function spellings(table: OptionTable): string[] {
  return Object.entries(table).flatMap(([name, { aliases = [] }]) => [name, ...aliases])
}
