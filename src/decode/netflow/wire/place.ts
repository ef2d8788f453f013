/** Places: the fields of a template, as steps find them in its records. */
import { VARIABLE_LENGTH, type Template } from './template.js'

/** A field of a template. */
export interface Place {
  /** bytes, or VARIABLE_LENGTH */
  readonly bytes: number
  /** by this number the template's offsets and lengths have it */
  readonly index: number
  readonly template: Template
}

/** Where the field stands in the input, of the record there; of a template whose lengths vary, the record that was walked last. */
export function startOf({ template, index }: Place, record: number): number {
  return record + template.offsets[index]
}

/** The bytes of the field; of a template whose lengths vary, in the record that was walked last. */
export function lengthOf({ template, index }: Place): number {
  return template.lengths[index]
}

/** Whether the field starts at the same offset in all records: none in front of it varies. */
export function isFixed({ template, index }: Place): boolean {
  return !template.fields.slice(0, index).some(({ length }) => length === VARIABLE_LENGTH)
}
