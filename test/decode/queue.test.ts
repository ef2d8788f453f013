/** Queues against arrays: whatever joins, leaves and rejoins, in whatever order. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { inOrder, join, leave, newQueue, type QueueNode, rejoin } from '../../src/decode/queue.js'

const step = fc.record({ do: fc.constantFrom('join', 'leave', 'rejoin'), which: fc.nat(20) })

test('a queue keeps the order in which things joined last, whatever leaves', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = newQueue<number>()
      const nodes: QueueNode<number>[] = []
      let expected: number[] = []
      steps.forEach(({ do: what, which }) => {
        const without = expected.filter((thing) => thing !== which)
        if (what === 'join') {
          if (nodes.length > 20) return
          expected.push(nodes.length)
          nodes.push(join(queue, nodes.length))
        } else if (which < nodes.length) {
          const isIn = expected.includes(which)
          if (what === 'leave') assert.equal(leave(nodes[which]), isIn)
          else rejoin(nodes[which])
          expected = what === 'rejoin' && isIn ? [...without, which] : without
        }
        assert.deepEqual(
          [...inOrder(queue)].map(({ item }) => item),
          expected
        )
        assert.deepEqual([queue.size, queue.first?.item, queue.last?.item], [expected.length, expected[0], expected.at(-1)])
      })
    })
  )
})

test('the current item may leave while a queue is walked', () => {
  const queue = newQueue<number>()
  for (let i = 0; i < 6; i++) join(queue, i)
  for (const node of inOrder(queue)) if (node.item % 2 === 0) leave(node)
  assert.deepEqual(
    [...inOrder(queue)].map(({ item }) => item),
    [1, 3, 5]
  )
})
