/** The messages of a closed window: one for each of its groups, in order, and one for the rest. */
import { growingMemory } from '../flow/appendable.js'
import type { Output } from '../flow/output.js'
import { addTimes, type Grouping, timesAt } from '../query/aggregate.js'
import { addSums } from '../query/counters.js'
import { distinctOf } from '../query/distinct.js'
import type { Filter } from '../query/filter.js'
import { firstGroup, isEmptyGroup, nextGroup } from '../query/groups.js'
import { ranked } from '../query/ranking.js'
import { sumAsNumber } from '../query/sums.js'
import { type MessageWriter, messageWriter } from './message.js'
import type { Window } from './windows.js'

/** Messages between two looks at whether the reader is slow. */
const BATCH = 256

export interface Results {
  /** Writes a window, a batch of messages with each step. */
  write(window: Window): Generator<void, void>
  readonly writer: MessageWriter
  readonly counts: { windows: number; messages: number; left: number }
}

/** Writes the first `top` groups of each window that match `having`, and the sum of the others that match. */
export function results(grouping: Grouping, top: number, having: Filter | undefined, output: Output): Results {
  const writer = messageWriter(grouping)
  const counts = { windows: 0, messages: 0, left: 0 }
  const scratch = growingMemory(4096)

  function matching(window: Window): Int32Array {
    const { groups } = window.aggregate
    const matching = new Int32Array(groups.count)
    let count = 0
    for (let group = firstGroup(groups); group !== 0; group = nextGroup(groups, group)) {
      if (isEmptyGroup(groups, group)) continue
      if (having === undefined || matches(having, window, group)) matching[count++] = group
    }
    return matching.subarray(0, count)
  }

  function matches(having: Filter, window: Window, group: number): boolean {
    const { saturated } = writer
    scratch.pos = 0
    writer.writeGroup(scratch, window, group)
    writer.saturated = saturated // counted where it is written
    return having.matches(scratch.buf, lengthSize(scratch.buf), scratch.pos)
  }

  /** Adds the groups that are not among the first to what was in no group; returns how many groups that sums. */
  function addLeft({ aggregate }: Window, all: Int32Array, first: Int32Array): number {
    const { groups, rest, restTimes, sets, restKeys, restGroups } = aggregate
    const past = distinctOf(sets, restKeys) + sumAsNumber(restGroups, 0)
    if (first.length === all.length) return past
    const shown = new Set(first)
    for (const group of all) {
      if (shown.has(group)) continue
      addSums(rest, 0, groups.records, group)
      if (grouping.times) addTimes(restTimes, 0, groups.words, timesAt(group))
    }
    return past + all.length - first.length
  }

  function* write(window: Window): Generator<void, void> {
    const { aggregate } = window
    writer.beginTotal()
    const all = matching(window)
    const first = ranked(grouping, aggregate, all, top)
    let written = 0
    for (const group of first) {
      writer.writeGroup(output, window, group)
      if (++written % BATCH === 0) yield
    }
    const left = addLeft(window, all, first)
    if (left > 0) {
      writer.writeRest(output, window, aggregate.rest, aggregate.restTimes, left)
      written++
      counts.left++
    }
    if (written > 0) counts.windows++
    counts.messages += written
  }

  return { write, writer, counts }
}

/** The bytes of the length in front of a frame. */
function lengthSize(buf: Buffer): number {
  let size = 1
  while (buf[size - 1] >= 0x80) size++
  return size
}
