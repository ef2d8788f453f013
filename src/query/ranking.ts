/** The order of groups: by what they count, falling, then by their keys, rising. */
import { type Aggregate, type Grouping, setAt } from './aggregate.js'
import { COUNTERS } from './counters.js'
import { distinctOf } from './distinct.js'
import { keyOf } from './groups.js'
import { compareKeys, shapeOf } from './keys.js'
import { readSum, SUM_SIZE, sumAsNumber, sumHi, sumLo } from './sums.js'

/** The first `top` of these groups in order (all for Infinity); `candidates` may be changed. */
export function ranked(grouping: Grouping, aggregate: Aggregate, candidates: Int32Array, top: number): Int32Array {
  const { order } = grouping
  const { groups } = aggregate
  const { records, words } = groups
  const shapes = grouping.parts.map(shapeOf)
  const orderAt = order === 'distinct' ? 0 : SUM_SIZE * COUNTERS.indexOf(order)
  const values = new Float64Array(candidates.length)
  for (let i = 0; i < values.length; i++) values[i] = valueOf(candidates[i])

  function valueOf(group: number): number {
    return order === 'distinct' ? distinctOf(aggregate.sets, words[setAt(grouping, group)]) : sumAsNumber(records, group + orderAt)
  }

  /** What two values that are the same double differ by. */
  function compareExactly(a: number, b: number): number {
    if (order === 'distinct') return 0
    readSum(records, a + orderAt)
    const [aHi, aLo] = [sumHi, sumLo]
    readSum(records, b + orderAt)
    return sumHi !== aHi ? sumHi - aHi : sumLo - aLo
  }

  function compare(i: number, j: number): number {
    if (values[i] !== values[j]) return values[j] - values[i]
    const [a, b] = [candidates[i], candidates[j]]
    const exact = values[i] > Number.MAX_SAFE_INTEGER ? compareExactly(a, b) : 0
    return exact !== 0 ? exact : compareKeys(shapes, words, keyOf(groups, a), keyOf(groups, b))
  }

  const indexes = top < candidates.length ? smallest(candidates.length, top, compare) : Int32Array.from(candidates.keys())
  return indexes.sort(compare).map((index) => candidates[index])
}

/** The `most` smallest of the indexes 0 to `count`, in any order: a heap with the largest of them on top. */
function smallest(count: number, most: number, compare: (i: number, j: number) => number): Int32Array {
  const heap = new Int32Array(most)
  let size = 0

  function sink(at: number, index: number): void {
    for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && compare(heap[child + 1], heap[child]) > 0) child++
      if (compare(heap[child], index) <= 0) break
      heap[at] = heap[child]
      at = child
    }
    heap[at] = index
  }

  function rise(at: number, index: number): void {
    for (; at > 0; at = (at - 1) >> 1) {
      const parent = (at - 1) >> 1
      if (compare(heap[parent], index) >= 0) break
      heap[at] = heap[parent]
    }
    heap[at] = index
  }

  for (let index = 0; index < count; index++) {
    if (size < most) rise(size++, index)
    else if (compare(index, heap[0]) < 0) sink(0, index)
  }
  return heap
}
