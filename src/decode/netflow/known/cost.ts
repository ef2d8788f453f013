/**
 * The memory of an exporter's state, in bytes as measured: its bounds count in these. test/decode/memory.test.ts compares them with the heap.
 */
import type { Name } from './state.js'
import type { Rate } from './sampling.js'
import type { Definition, Template } from '../wire/template.js'

/**
 * The most that one exporter's templates may take, and its rates and names. A sender of made-up addresses fills no more than that with each, and
 * `-state.bytes` with all.
 */
export const MOST_BYTES = 32 << 20
export const PORT_BYTES = 500
export const DOMAIN_BYTES = 700
/** an id whose definition was refused */
export const REFUSED_BYTES = 50
const DEFINITION_BYTES = 350
const TEMPLATE_BYTES = 1200
const FIELD_BYTES = 100
const RATE_BYTES = 100
const NAME_BYTES = 480
/** a name is kept as text and as the two fields it fills */
const LETTER_BYTES = 6

/** The memory of a template without data. */
export const definitionBytes = ({ record }: Definition): number => DEFINITION_BYTES + record.length

/** What options data adds to it: the fields. What others are compiled into is bounded by itself (run/plancache.ts). */
export const templateBytes = ({ fields }: Template): number => TEMPLATE_BYTES + FIELD_BYTES * fields.length

/** The memory of a rate or a name. */
export const learnedBytes = (value: Rate | Name): number =>
  'text' in value ? NAME_BYTES + LETTER_BYTES * (value.text.length + value.description.length) : RATE_BYTES
