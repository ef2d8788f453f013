/** The help of a tool: what fits a terminal of 80 × 24, or all of it. */
import type { Definition } from './definition.js'
import { COMMON_OPTIONS, type Option, type OptionTable, usageOf } from './optiontable.js'

const WIDTH = 80
/** A longer option has its help on the next line. */
const LONGEST_TERM = 24

/** `isAll`: rare options too, which `-h` leaves out. */
export function helpText({ name, summary, operands, options, examples }: Definition, isAll: boolean): string {
  const table: OptionTable = { ...options, ...COMMON_OPTIONS }
  const rows = Object.entries(table)
    .filter(([, { hidden, rare }]) => hidden !== true && (isAll || rare !== true))
    .map(([option, row]) => [`-${usageOf(option, row)}`, helpOf(row)] as const)
  const hasMore = !isAll && Object.values(table).some(({ hidden, rare }) => hidden !== true && rare === true)
  const indent = 4 + Math.max(...rows.map(([term]) => term.length).filter((length) => length <= LONGEST_TERM))
  return [
    `Usage: ${name} [options]${operands === undefined ? '' : ` ${operands}`}`,
    ...wrapped(summary, WIDTH),
    '',
    ...rows.flatMap(([term, help]) => entryLines(`  ${term}`, help, indent)),
    '',
    ...examples.map((example) => `  ${example}`),
    '',
    `${hasMore ? `All options: ${name} -h all, ` : 'See also: '}man ${name}`,
    ''
  ].join('\n')
}

/** What an option does, and its value where it is not given. */
function helpOf({ help, default: word }: Option): string {
  return word === undefined ? help : `${help} [${String(word)}]`
}

/** A term and what is said of it, which stands behind `indent` blanks: on the same line where the term leaves room. */
export function entryLines(term: string, text: string, indent: number): string[] {
  const lines = wrapped(text, WIDTH - indent).map((line) => ' '.repeat(indent) + line)
  if (term.length + 2 > indent) return [term, ...lines]
  return [term.padEnd(indent) + lines[0].slice(indent), ...lines.slice(1)]
}

/** Lines of whole words; what has no blank stays whole. */
function wrapped(text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1]
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`
  }
  return lines
}
