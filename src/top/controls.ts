/** What keys do to a view. */
import type { Grouping } from '../query/aggregate.js'
import { keyParts } from '../query/by.js'
import type { Counter } from '../query/counters.js'
import type { Filter } from '../query/filter.js'
import { drilled } from './drill.js'
import { edit, editedLine, type EditedLine } from './editor.js'
import { typedFilter } from './filter.js'
import type { Key } from './keys.js'
import type { Row } from './snapshot.js'

/** What is looked at. */
export interface Looking {
  readonly by: readonly string[]
  readonly order: Counter
  readonly filter: string
}

export interface Controls {
  looking: Looking
  grouping: Grouping
  /** of `looking` */
  filter: Filter | undefined
  selected: number
  frozen: boolean
  help: boolean
  edited: { line: EditedLine; error: { readonly error: string; readonly at: number } | undefined } | undefined
}

export type Effect = 'quit' | 'regroup' | 'freeze' | 'redraw'

/** What the letters group by. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  s: ['src_addr'],
  d: ['dst_addr'],
  h: ['src_addr', 'dst_addr'],
  p: ['port'],
  a: ['as_number'],
  c: ['country'],
  i: ['interface'],
  e: ['sampler_address']
}
const ORDERS: Readonly<Record<string, Counter>> = { b: 'bytes', k: 'packets', f: 'flows' }
/** What is shown inside a group of a kind. */
const INSIDE: Readonly<Record<string, string>> = { s: 'd', d: 's', h: 'p', p: 's', a: 's', c: 'a', i: 's', e: 'i' }

/** Throws UserError with code 64 for keys that there are not. */
export function groupingOf({ by, order }: Looking): Grouping {
  return { parts: keyParts(by, 'by'), order, distinct: undefined, times: false, raw: false }
}

/** What the keys change, as the command line has it at first, and what a key does. */
export function controlsOf(
  looking: Looking,
  filter: Filter | undefined
): { controls: Controls; press: (key: Key, rows: readonly Row[]) => Effect } {
  const controls: Controls = {
    looking,
    grouping: groupingOf(looking),
    filter,
    selected: 0,
    frozen: false,
    help: false,
    edited: undefined
  }
  const before: Looking[] = []

  function look(next: Looking): Effect {
    const compiled = typedFilter(next.filter)
    if ('error' in compiled) return 'redraw'
    controls.filter = compiled.filter
    controls.looking = next
    controls.grouping = groupingOf(next)
    controls.selected = 0
    return 'regroup'
  }

  function pressInEditor(key: Key, edited: NonNullable<Controls['edited']>): Effect {
    if ('name' in key && key.name === 'escape') controls.edited = undefined
    else if ('name' in key && key.name === 'enter') {
      if (edited.error !== undefined) return 'redraw'
      controls.edited = undefined
      before.push(controls.looking)
      return look({ ...controls.looking, filter: edited.line.text.trim() })
    } else {
      const line = edit(edited.line, key)
      const compiled = typedFilter(line.text)
      controls.edited = { line, error: 'error' in compiled ? compiled : undefined }
    }
    return 'redraw'
  }

  function drillInto(row: Row | undefined): Effect {
    if (row === undefined) return 'redraw'
    const { looking, grouping } = controls
    const letter = Object.keys(GROUPS).find((key) => GROUPS[key].join() === looking.by.join())
    const by = GROUPS[letter === undefined ? 's' : INSIDE[letter]]
    before.push(looking)
    return look({ ...looking, by, filter: drilled(looking.filter, grouping.parts, row.keys) })
  }

  function press(key: Key, rows: readonly Row[]): Effect {
    if ('ctrl' in key && key.ctrl === 'c') return 'quit'
    if (controls.edited !== undefined) return pressInEditor(key, controls.edited)
    if (controls.help) {
      controls.help = false
      if (!('text' in key) || key.text !== 'q') return 'redraw'
    }
    if ('name' in key) {
      const last = Math.max(0, rows.length - 1)
      switch (key.name) {
        case 'enter':
          return drillInto(rows[Math.min(controls.selected, last)])
        case 'backspace': {
          const back = before.pop()
          return back === undefined ? 'redraw' : look(back)
        }
        case 'up':
          controls.selected = Math.max(0, Math.min(controls.selected, last) - 1)
          return 'redraw'
        case 'down':
          controls.selected = Math.min(last, controls.selected + 1)
          return 'redraw'
        case 'home':
        case 'pageup':
          controls.selected = 0
          return 'redraw'
        case 'end':
        case 'pagedown':
          controls.selected = last
          return 'redraw'
        default:
          return 'redraw'
      }
    }
    if (!('text' in key)) return 'redraw'
    const { text } = key
    if (Object.hasOwn(GROUPS, text)) return look({ ...controls.looking, by: GROUPS[text] })
    if (Object.hasOwn(ORDERS, text)) return look({ ...controls.looking, order: ORDERS[text] })
    switch (text) {
      case 'q':
        return 'quit'
      case ' ':
        controls.frozen = !controls.frozen
        return 'freeze'
      case '/':
        controls.edited = { line: editedLine(controls.looking.filter), error: undefined }
        return 'redraw'
      case '?':
        controls.help = true
        return 'redraw'
      default:
        return 'redraw'
    }
  }

  return { controls, press }
}
