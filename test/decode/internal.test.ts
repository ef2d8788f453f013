/** Mistakes of the program itself: a datagram that meets one is lost, and nothing else. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { type Rule, RULES } from '../../src/decode/netflow/compile/field-rules.js'
import { set } from '../support/build-netflow.js'
import { readFlows } from '../support/datagram-stream.js'
import { openDecoder, streamOf } from '../support/decode.js'
import { message, recordOf, templateSet, uint, type Version, VERSIONS } from '../support/records.js'

/** An element that no rule knows, until one is put in that throws. */
const POISON = 3
const MESSAGE = 'a rule of no use'

const poisoned: Rule = {
  to: 'src_port',
  get from(): readonly number[] {
    throw new Error(MESSAGE)
  }
}

/** Decodes with a rule that throws among the others, for templates that are compiled meanwhile. */
function withPoison(work: () => void): void {
  const rules = RULES as Rule[]
  rules.push(poisoned)
  try {
    work()
  } finally {
    rules.pop()
  }
}

const flowOf = (version: Version, id: number, port: number): Buffer => {
  const elements = [uint(7, port, 2), uint(POISON, 1, 1)]
  return message(version, {}, templateSet(version, id, elements), set(id, recordOf(elements)))
}

test('what a rule throws costs its datagram, is counted and told of once; all others come out whole', () => {
  const step = fc.record({ isPoisoned: fc.boolean(), version: fc.constantFrom(...VERSIONS), port: fc.integer({ min: 1, max: 65_535 }) })
  return fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      const { push, taken, decoder } = openDecoder()
      const expected: number[] = []
      let lost = 0
      for (const [i, { isPoisoned, version, port }] of steps.entries()) {
        const datagram = streamOf([flowOf(version, 300 + i, port)])
        if (isPoisoned) {
          lost++
          withPoison(() => {
            push(datagram)
          })
        } else {
          expected.push(port)
          push(datagram)
        }
      }
      assert.deepEqual(
        readFlows(await taken()).map(({ src_port }) => src_port),
        expected
      )
      assert.equal(decoder.counts.errors.get('internal') ?? 0, lost)
      assert.equal(decoder.flows(), expected.length)
    })
  )
})

test('flows are counted as they were written, wherever a datagram that fails stands between those that are handed on', async () => {
  const elements = [uint(7, 80, 2)]
  const record = recordOf(elements)
  const withTemplate = message(10, {}, templateSet(10, 256, elements), set(256, record))
  for (let before = 0; before < 400; before += 7) {
    for (const records of [1, 10, 3000]) {
      const { push, taken, decoder } = openDecoder()
      push(streamOf(Array<Buffer>(before).fill(withTemplate)))
      const own = [...elements, uint(POISON, 1, 1)]
      withPoison(() => {
        const fails = message(
          10,
          {},
          templateSet(10, 256, elements),
          set(256, ...Array<Buffer>(records).fill(record)),
          templateSet(10, 300, own),
          set(300, recordOf(own))
        )
        push(streamOf([fails]))
      })
      const written = readFlows(await taken()).length
      assert.equal(decoder.flows(), written)
      assert.equal(
        [...decoder.exporters.all()].reduce((sum, { flows }) => sum + flows, 0),
        written
      )
      if (records <= 10) assert.equal(written, before)
    }
  }
})
