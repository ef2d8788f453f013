/** What options data called the thing that an element of a record numbers. */
import { outRaw } from '../../memory/out.js'
import type { NameTables, OptionsData } from '../known/state.js'
import { findName, hasNames } from '../known/standin.js'
import { readNumber } from '../wire/numbers.js'
import { lengthOf, type Place, startOf } from '../wire/place.js'
import { source } from './source.js'
import { call, callIf, type Step, type Write } from './step.js'

/** The name of what the first of these places numbers that is not 0, or that numbers a thing with a name; `side`: as which field. */
export function nameOf(kind: 'interfaces' | 'vrfs' | 'applications', side: 'in' | 'out', places: readonly Place[]): Step {
  const tablesOf = (optionsData: OptionsData): NameTables => optionsData[kind]
  const write: Write = (pos, record, { optionsData }) => {
    const tables = tablesOf(optionsData)
    if (!hasNames(tables)) return pos
    for (const place of places) {
      const number = readNumber(startOf(place, record), lengthOf(place))
      const name = findName(tables, number)
      if (name !== undefined && name[side].length > 0) return outRaw(pos, name[side])
      if (name === undefined && number !== 0) return pos // another element's name would be that of another thing
    }
    return pos
  }
  return kind === 'interfaces' ? callIf(source`context.interfacesNamed`, write) : call(write)
}
