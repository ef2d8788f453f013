/** Captures of routers, against what netgauze makes of them: every field of every record, every template, every options record. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { saveExporter } from '../../src/decode/netflow/known/snapshot.js'
import { readCapture } from '../support/captures.js'
import { decode } from '../support/decode.js'
import { CAPTURES, withoutCaptures } from '../support/shared.js'
import { assertFlows, expectations, withoutReceipt } from './expected-flow.js'
import { type GoldenTemplate, readNetgauze } from './netgauze.js'

const FOLDER = path.join(CAPTURES, 'netgauze/golden')
const SUFFIX = '-flow.json'

/** The goldens of a test whose captures are those of two others. */
const CAPTURED_AS: Partial<Record<string, string>> = {
  '110-IPFIXv10-NFv9-multiple-sources__traffic-00': '100-IPFIXv10-CISCO__traffic-00',
  '110-IPFIXv10-NFv9-multiple-sources__traffic-01': '101-NFv9-CISCO-cust_primitives__traffic-00'
}

const names = withoutCaptures === false ? fs.readdirSync(FOLDER).map((file) => file.slice(0, -SUFFIX.length)) : []

for (const name of names) {
  test(`${name}: all that netgauze reads`, async () => {
    const golden = readNetgauze(path.join(FOLDER, name + SUFFIX))
    const { flows, decoder } = await decode(await readCapture(path.join(CAPTURES, 'pmacct', `${CAPTURED_AS[name] ?? name}.pcap`)))
    const records = golden.flatMap((datagram) => datagram.records)
    const expected = expectations()
    assertFlows(flows.map(withoutReceipt), records.flatMap(expected.flowsOf), 'flows')
    assert.equal(decoder.netflow.optionsRecords, records.filter(({ scopes }) => scopes !== undefined).length, 'options records')
    const exporters = [...decoder.exporters.all()]
    assert.equal(exporters.length, 1)
    const templates = [...saveExporter(exporters[0])].flatMap(({ domain, templates }) =>
      templates.map(({ id, scopes, fields }): GoldenTemplate => ({
        domain,
        id,
        scopes,
        fields: fields.map((field) => ({ id: field.id, length: field.length }))
      }))
    )
    assert.deepEqual(byId(templates), byId(golden.flatMap((datagram) => datagram.templates)), 'templates')
  })
}

test('netgauze decoded the captures of routers', { skip: withoutCaptures }, () => {
  assert.equal(names.length, 14)
})

/** Templates by domain and id, the last definition of each. */
function byId(templates: readonly GoldenTemplate[]): Record<string, GoldenTemplate> {
  return Object.fromEntries(
    templates.map((template) => [`${template.domain} ${template.id}`, template] as const).sort(([a], [b]) => (a < b ? -1 : 1))
  )
}
