/** The man pages say of the options what the tables do. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { allTools } from '../../src/cli/alltools.js'
import { COMMON_OPTIONS, type Option, type OptionTable } from '../../src/cli/optiontable.js'
import { ROOT } from '../support/tools.js'

interface Entry {
  readonly argument: string | undefined
  readonly choices: readonly string[] | undefined
  readonly text: string
}

/** The options of the list in mdoc: `.It Fl name Ar argument , Fl name Cm word | word`, each with the text of its item. */
function entriesOf(page: string): Map<string, Entry> {
  const entries = new Map<string, Entry>()
  for (const item of page.split(/\n(?=\.It |\.El|\.Sh )/)) {
    const [head] = item.split('\n')
    if (!head.startsWith('.It Fl ')) continue
    for (const said of head.slice('.It '.length).split(' , ')) {
      const [, name, argument, choices] = /^(?:Fl )?(\S+)(?: Ar (\S+))?(?: Cm (.*))?/.exec(said) ?? []
      entries.set(name, { argument, choices: choices?.split(' | '), text: item })
    }
  }
  return entries
}

/** The ways in which a page may write a default. */
function spellings(word: string | number | boolean): string[] {
  if (typeof word !== 'number') return [String(word)]
  const units = [1024 ** 2, 1024].filter((unit) => word % unit === 0).map((unit) => `${word / unit} ${unit === 1024 ? 'KiB' : 'MiB'}`)
  return [String(word), word.toLocaleString('en-US'), ...units]
}

function disagreement(name: string, option: Option, entry: Entry | undefined): string | undefined {
  if (entry === undefined) return `-${name} is not in the list of options`
  if (entry.choices !== undefined && entry.choices.join() !== option.choices?.join()) return `-${name}: ${entry.choices.join()}`
  if (entry.choices === undefined && entry.argument !== option.argument)
    return `-${name}: ${String(entry.argument)}, not ${String(option.argument)}`
  const { default: word } = option
  if (word === undefined || option.argument === undefined) return undefined
  const said = entry.text.replace(/\n\.\w\w /g, ' ')
  return spellings(word).some((spelling) => said.includes(spelling)) ? undefined : `-${name}: the default ${word} is not told`
}

for (const { name, options } of await allTools()) {
  test(`man ${name} has the options of ${name}, their arguments and defaults, and no others`, () => {
    const page = fs.readFileSync(path.join(ROOT, 'man', `${name}.1`), 'utf8')
    const entries = entriesOf(page)
    const table: OptionTable = { ...options, ...COMMON_OPTIONS }
    const shown = Object.entries(table).filter(([, { hidden }]) => hidden !== true)
    assert.deepEqual(
      shown.map(([option, row]) => disagreement(option, row, entries.get(option))).filter((line) => line !== undefined),
      []
    )
    const known = new Set([
      'h',
      'help',
      'v',
      'version',
      ...Object.entries(table).flatMap(([option, { aliases = [] }]) => [option, ...aliases])
    ])
    assert.deepEqual(
      [...entries.keys()].filter((option) => !known.has(option)),
      []
    )
  })
}
