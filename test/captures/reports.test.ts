/** Inputs rebuilt from reports of what collectors got wrong: each gives the flows that are right, or none. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { CAPTURES, withoutCaptures } from '../support/shared.js'
import { runPipeline } from '../support/tools.js'

type Value = string | number | null | readonly (string | number)[]

interface Expected {
  readonly about: string
  /** null: absent; a list: any of these */
  readonly flows: readonly Readonly<Record<string, Value>>[]
  /** what flow-decode's log has to match */
  readonly stderr?: string
}

const FOLDER = path.join(CAPTURES, 'reports')
const file = path.join(FOLDER, 'expected.json')
const reports = fs.existsSync(file) ? Object.entries(JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, Expected>) : []

function fits(flow: Record<string, unknown>, expected: Readonly<Record<string, Value>>): string | undefined {
  for (const [name, value] of Object.entries(expected)) {
    const shown = flow[name]
    const isRight = value === null ? shown === undefined : Array.isArray(value) ? value.includes(shown) : shown === value
    if (!isRight) return `${name}: ${JSON.stringify(shown)}, not ${JSON.stringify(value)}`
  }
  return undefined
}

test('there are reports', { skip: withoutCaptures }, () => {
  assert(reports.length > 0)
})

for (const [name, { about, flows, stderr: pattern }] of reports) {
  test(`${name}: ${about}`, async () => {
    const { stdout, stderr } = await runPipeline(`flow-pcap ${path.join(FOLDER, name)} | flow-decode | flow-format`)
    const decoded = stdout
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.equal(decoded.length, flows.length, `${stdout.toString()}${stderr}`)
    for (const [i, expected] of flows.entries()) assert.equal(fits(decoded[i], expected), undefined, `flow ${i + 1} of ${name}`)
    if (pattern !== undefined) assert.match(stderr, new RegExp(pattern))
  })
}
