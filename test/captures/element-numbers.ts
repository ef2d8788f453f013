/** Information elements by their names in IANA's registry, which is read off a list that is not part of the project. */
import fs from 'node:fs'
import path from 'node:path'
import { CAPTURES } from '../support/shared.js'

const FILE = path.join(CAPTURES, '../data/ipfix-elements.csv')

let numbers: Map<string, number> | undefined

/** The element of that name. Throws where there is none. */
export function elementNumber(name: string): number {
  numbers ??= new Map(
    fs
      .readFileSync(FILE, 'utf8')
      .split('\n')
      .map((line) => line.split(','))
      .map(([id, element]) => [element, Number(id)])
  )
  const number = numbers.get(name)
  if (number === undefined) throw new Error(`no element ${name}`)
  return number
}
