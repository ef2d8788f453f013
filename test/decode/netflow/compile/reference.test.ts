/** Any template of the elements that are known, in any order, with any values: as the reference works it out. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { set } from '../../../support/build-netflow.js'
import { readFlows } from '../../../support/datagram-stream.js'
import { type OpenDecoder, openDecoder, streamOf } from '../../../support/decode.js'
import { type Choice, CHOICES, headerOf, randomRecords, UPTIMES } from '../../../support/random-records.js'
import { describe, message, recordOf, templateSet, type Version } from '../../../support/records.js'
import { referenceFlows } from '../../../support/reference/flow.js'
import { SCALE } from '../../../support/scale.js'

/** Decodes records of a template of these fields, and compares. */
async function assertAsReference(
  { push, taken, decoder }: OpenDecoder,
  version: Version,
  choices: readonly Choice[],
  seed: number,
  uptime: number
): Promise<void> {
  const records = randomRecords(version, choices, seed)
  const header = headerOf(uptime)
  push(streamOf([message(version, header, templateSet(version, 256, records[0]), set(256, ...records.map(recordOf)))]))
  assert.deepEqual([...decoder.counts.errors], [])
  const flows = readFlows(await taken())
  assert.deepEqual(
    flows,
    records.flatMap((record) => referenceFlows(version, record, header)),
    records.map((record) => describe(version, record)).join('\n')
  )
}

for (const version of [9, 10] as const) {
  test(`version ${version}: ${300 * SCALE} templates of elements in any order, with any values, as the reference has them`, async () => {
    const opened = openDecoder()
    await fc.assert(
      fc.asyncProperty(CHOICES, fc.integer(), UPTIMES, (choices, seed, uptime) =>
        assertAsReference(opened, version, choices, seed, uptime)
      ),
      { numRuns: 300 * SCALE }
    )
  })
}
