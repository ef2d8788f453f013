/** docs/fields.md: what fills each field in each protocol. */
import { flowMessage } from '../../src/flow/proto.js'
import { AGGREGATES } from '../../src/schema/aggregates.js'
import { listedFields } from '../../src/mapping/fieldlist.js'
import { type Fillers, legacyFillers, sflowFillers, templateFillers } from './fillers.js'

const LEGACY = 3

const HEAD = `# What fills each field

\`npm run fields\` makes this page by decoding a record of each information element, a whole record of NetFlow v1, v5 and v7, and sFlow samples with each
record, and looking at what comes out. What a field means stands in \`man flow-fields\` and \`flow-format -fields help\`; for elements that no field takes there are
mapping files (\`man flow-decode\`).

- Of several elements of a field the record's first that is not zero counts; of those of the two address families the one of the record's family.
- \`options:\` elements come in options data, for the interface, sampler, selector, VRF or application that a record names, or for the exporter.
- NetFlow v9's field types are the elements 1 to 127. A reverse element (RFC 5103) fills the field in the second message of a biflow.
- Elements with *and* between them say it together. flow-enrich sets AS numbers, interface names and sampling rates as well, where it is told to.

| field | NetFlow v1, v5, v7 | NetFlow v9, IPFIX | sFlow v5 | by tools |
|---|---|---|---|---|
`

export async function fieldsMarkdown(): Promise<string> {
  const legacy = await legacyFillers()
  const { every, elements } = await templateFillers()
  const sflow = await sflowFillers()
  const cell = (fillers: Fillers, name: string): string => (fillers.get(name) ?? []).join(', ')
  const rows = listedFields(flowMessage).map(({ name }) => {
    const versions = legacy.get(name) ?? []
    const templates = every.includes(name)
      ? ['every record', cell(elements, name)].filter((text) => text !== '').join(', ')
      : cell(elements, name)
    const isDecoded = legacy.has(name) || templates !== '' || sflow.has(name)
    const tool = isDecoded ? '' : Object.hasOwn(AGGREGATES, name) ? 'flow-agg' : 'flow-enrich'
    return `| ${name} | ${versions.length === LEGACY ? 'all' : versions.join(', ')} | ${templates} | ${cell(sflow, name)} | ${tool} |`
  })
  return `${HEAD}${rows.join('\n')}\n`
}
