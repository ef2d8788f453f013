/** Queues against arrays: whatever joins, leaves and rejoins, in whatever order. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { inOrder, join, leave, newQueue, type Place, rejoin } from '../../src/decode/queue.js'

const step = fc.record({ do: fc.constantFrom('join', 'leave', 'rejoin'), which: fc.nat(20) })

test('a queue keeps the order in which things joined last, whatever leaves', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = newQueue<number>()
      const places: Place<number>[] = []
      let expected: number[] = []
      steps.forEach(({ do: what, which }) => {
        const without = expected.filter((thing) => thing !== which)
        if (what === 'join') {
          if (places.length > 20) return
          expected.push(places.length)
          places.push(join(queue, places.length))
        } else if (which < places.length) {
          const isIn = expected.includes(which)
          if (what === 'leave') assert.equal(leave(places[which]), isIn)
          else rejoin(places[which])
          expected = what === 'rejoin' && isIn ? [...without, which] : without
        }
        assert.deepEqual(
          [...inOrder(queue)].map(({ of }) => of),
          expected
        )
        assert.deepEqual([queue.size, queue.first?.of, queue.last?.of], [expected.length, expected[0], expected.at(-1)])
      })
    })
  )
})

test('the one at hand may leave while a queue is walked', () => {
  const queue = newQueue<number>()
  for (let i = 0; i < 6; i++) join(queue, i)
  for (const place of inOrder(queue)) if (place.of % 2 === 0) leave(place)
  assert.deepEqual(
    [...inOrder(queue)].map(({ of }) => of),
    [1, 3, 5]
  )
})
