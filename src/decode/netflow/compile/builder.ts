/** Writes down the steps of a plan while it is compiled. */
import { tagBytes } from '../../../flow/message.js'
import type { FieldName } from '../../../flow/names.js'
import { fieldTag, flowMessage } from '../../../flow/proto.js'
import { Op, STEP } from './program.js'

/** The programs under construction. */
export interface Builder {
  readonly code: number[]
  readonly lists: Int32Array[]
}

/** Makes a group of alternatives of the steps from `start` to `end`: whichever writes goes on behind the last step there is. */
export function alternatives({ code }: Builder, start: number, end = code.length): void {
  for (let at = start; at < end; at += STEP) code[at + 4] = code.length
}

export function step({ code }: Builder, op: Op, field: number, tag = 0, argument = 0): void {
  code.push(op, field, tag, argument, code.length + STEP, tagBytes(tag))
}

export function list(builder: Builder, places: readonly number[]): number {
  return builder.lists.push(Int32Array.from(places)) - 1
}

/** A number of the element at `place` into `to`. */
export function uintStep(builder: Builder, to: FieldName, place: number, length: number): void {
  const wide = flowMessage.field(to).type === 'uint64'
  const op = length === 1 ? Op.u8 : length === 2 ? Op.u16 : length === 4 ? Op.u32 : !wide ? Op.uint32 : length === 8 ? Op.u64 : Op.uint64
  step(builder, op, place, fieldTag(to))
}
