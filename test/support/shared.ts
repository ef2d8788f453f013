/** Captures that are not part of the project: tests that use them skip, and say so, where they are missing. */
import fs from 'node:fs'
import path from 'node:path'
import { ROOT } from './tools.js'

export const CAPTURES = path.resolve(ROOT, '../shared/captures')

const NO_CAPTURES = 'real captures of other projects in ../shared/captures; a clone has none and is whole without'
const NO_DATA = "IANA's registries in ../shared/data; a clone has none and is whole without"

/** To be given as a test's `skip`: false where the captures are there. */
export const withoutCaptures: string | false = fs.existsSync(path.join(CAPTURES, 'INDEX.md')) ? false : NO_CAPTURES

/** IANA's registry of information elements. */
export const IANA_ELEMENTS = path.resolve(ROOT, '../shared/data/ipfix-elements.csv')
export const withoutElements: string | false = fs.existsSync(IANA_ELEMENTS) ? false : NO_DATA
