/** Templates that carried many records: what their steps are generated into writes the same bytes as the steps did, and takes bounded memory. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import test from 'node:test'
import fc from 'fast-check'
import { functionCount, MOST_FUNCTIONS, WORTH_RECORDS } from '../../../../src/decode/netflow/run/generate.js'
import { type FieldSpec, set, template } from '../../../support/build-netflow.js'
import { openDecoder, streamOf } from '../../../support/decode.js'
import { generate } from '../../../support/generate.js'
import { CHOICES, headerOf, randomRecords, UPTIMES } from '../../../support/random-records.js'
import { describe, message, optionsSets, recordOf, templateSet, uint, VERSIONS } from '../../../support/records.js'
import { SCALE } from '../../../support/scale.js'
import { ROOT } from '../../../support/tools.js'

for (const version of VERSIONS) {
  test(`version ${version}: a datagram gives the same bytes the thousandth time as the first, whatever its template`, async () => {
    const { push, taken } = openDecoder()
    let changes = 0
    await fc.assert(
      fc.asyncProperty(CHOICES, fc.integer(), UPTIMES, fc.nat(2), async (choices, seed, uptime, told) => {
        const records = randomRecords(version, choices, seed)
        const header = headerOf(uptime)
        const datagram = streamOf([message(version, header, set(256, ...records.map(recordOf)))])
        push(streamOf([message(version, header, ...toldSets(told), templateSet(version, 256, records[0]))]))
        await taken()
        push(datagram)
        const first = await taken()
        const before = functionCount()
        for (let i = 0; i < WORTH_RECORDS; i++) push(datagram)
        await taken()
        if (functionCount() !== before || before === MOST_FUNCTIONS) changes++
        push(datagram)
        const last = await taken()
        assert(first.length > 0)
        assert.deepEqual(last, first, records.map((record) => describe(version, record)).join('\n'))
      }),
      { numRuns: 100 * SCALE }
    )
    assert(changes > 50, `functions were generated ${changes} times`)
  })

  /** Nothing, a rate for all, and rates and names of interfaces. */
  function toldSets(told: number): Buffer[] {
    if (told === 0) return []
    if (told === 1) return optionsSets(version, [uint(144, 1)], [uint(34, 100)], 600)
    return [5, 6, 0].flatMap((at, i) =>
      optionsSets(version, [uint(10, at)], [uint(34, 10 + i), { id: 82, bytes: Buffer.from(`port ${at}`) }], 601 + i)
    )
  }
}

test('where Node may make no code of strings, the bytes are the same', () => {
  const { stream } = generate('ipfix', 8 * 4 * WORTH_RECORDS)
  const [usual, without] = [[], ['--disallow-code-generation-from-strings']].map((flags) =>
    execFileSync(process.execPath, [...flags, path.join(ROOT, 'bin/flow-decode'), '-loglevel', 'error'], {
      input: stream,
      maxBuffer: 1 << 28
    })
  )
  assert(usual.length > stream.length)
  assert.deepEqual(without, usual)
})

/** A template of so many fields of 4 bytes, each element another one in each. */
const fieldsOf = (i: number): FieldSpec[] => Array.from({ length: 20 }, (_, k) => [1 + ((i * 7 + k * 11) % 60), 4])

test('a flood of templates generates nothing, however many records come of each', () => {
  const { push } = openDecoder()
  const before = functionCount()
  for (let i = 0; i < 2000; i++) {
    const records = Array<Buffer>(15).fill(Buffer.alloc(84, 1))
    push(streamOf([message(10, {}, set(2, template(256, [...fieldsOf(i), [1000 + i, 4]])), set(256, ...records))]))
  }
  assert.equal(functionCount(), before)
})

test('templates that are redefined for ever keep no more functions than there may be', () => {
  const { push } = openDecoder()
  for (let i = 0; i < MOST_FUNCTIONS + 100; i++) {
    // another length in front moves all that is behind it: no two texts are the same
    push(streamOf([message(10, {}, set(2, template(256, [[1000, 1 + i], ...fieldsOf(0)])))]))
    const datagram = streamOf([message(10, {}, set(256, ...Array<Buffer>(17).fill(Buffer.alloc(81 + i, 1))))])
    for (let n = 0; n <= WORTH_RECORDS; n += 17) push(datagram)
  }
  assert.equal(functionCount(), MOST_FUNCTIONS)
})
