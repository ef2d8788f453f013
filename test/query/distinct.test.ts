import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addDistinct, distinctOf, newDistinctSets, releaseDistinctSets } from '../../src/query/distinct.js'
import type { Budget } from '../../src/query/groups.js'

const budgetOf = (maxBytes = Infinity): Budget => ({ maxGroups: Infinity, maxBytes, groups: 0, bytes: 0 })
const value = (number: number): { words: Int32Array; length: number } => ({ words: Int32Array.of(number), length: 1 })

test('up to 256 different values are counted exactly, in many sets at once', () => {
  const sets = newDistinctSets(budgetOf())
  const each = new Array<number>(300).fill(0)
  for (let round = 0; round < 2; round++) {
    for (let number = 0; number < 256; number++) {
      for (let i = 0; i < each.length; i++) if (number < i) each[i] = addDistinct(sets, each[i], value(number * 7919))
    }
  }
  assert.deepEqual(
    each.map((set) => distinctOf(sets, set)),
    each.map((_, i) => Math.min(i, 256))
  )
})

test('more are estimated: within five standard errors, and without a bias, over the whole range', () => {
  for (const count of [257, 1000, 5000, 10_000, 20_000, 100_000, 1_000_000]) {
    const errors = [0, 1, 2, 3, 4, 5, 6, 7].map((run) => {
      const sets = newDistinctSets(budgetOf())
      let set = 0
      for (let i = 0; i < count; i++) set = addDistinct(sets, set, value(Math.imul(i + 1, 0x9e3779b1) ^ (run << 28)))
      return distinctOf(sets, set) / count - 1
    })
    for (const error of errors) assert.ok(Math.abs(error) < 5 * 0.0163, `${count}: ${error}`)
    const bias = errors.reduce((sum, error) => sum + error, 0) / errors.length
    assert.ok(Math.abs(bias) < (4 * 0.0163) / Math.sqrt(errors.length), `${count}: bias ${bias}`)
  }
})

test('sets keep to their budget, and tell how many values found no room', () => {
  const budget = budgetOf(100_000)
  const sets = newDistinctSets(budget)
  const each = new Array<number>(100).fill(0)
  for (let number = 0; number < 1000; number++) for (let i = 0; i < each.length; i++) each[i] = addDistinct(sets, each[i], value(number))
  assert.ok(budget.bytes <= 100_000)
  assert.ok(sets.refused > 0)
  releaseDistinctSets(sets)
  assert.equal(budget.bytes, 0)
})
