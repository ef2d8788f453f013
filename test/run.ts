/**
 * `npm test`: runs the test files, tells each reason for which tests were skipped in one line, and ends with 1 where a test failed.
 *
 *     node dist/test/run.js                 all
 *     node dist/test/run.js agg flow query  those of these folders
 *
 * With CI=true a skipped test is a failure too, unless its reason holds one of the words of FLOW_TESTS_MAY_SKIP (separated by commas):
 * what the machine was to have is there, or its absence was said.
 */
import fs from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { ROOT } from './support/tools.js'

const TESTS = path.join(ROOT, 'dist/test')
/** One more than two cores: tests of brokers and signals mostly wait. */
const CONCURRENCY = 3
/** A file that takes longer hangs, and fails. */
const LONGEST_MS = 10 * 60_000

function testFiles(folders: readonly string[]): string[] {
  const files = fs
    .readdirSync(TESTS, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js') && (folders.length === 0 || folders.includes(file.split(path.sep)[0])))
  return files.map((file) => path.join(TESTS, file)).sort()
}

const folders = process.argv.slice(2)
const unknown = folders.filter((folder) => testFiles([folder]).length === 0)
if (unknown.length > 0 || testFiles(folders).length === 0) {
  console.error(`no tests in ${unknown.map((folder) => `test/${folder}`).join(', ') || 'dist/test: run npm run build'}`)
  process.exit(64)
}

interface TestEvent {
  type: string
  data: { skip?: string | boolean }
}

const skipped = new Map<string, number>()
const mayBeSkipped = (process.env.FLOW_TESTS_MAY_SKIP ?? '').split(',').filter((word) => word !== '')

const events = run({ files: testFiles(folders), concurrency: CONCURRENCY, timeout: LONGEST_MS })
events.on('test:fail', () => (process.exitCode = 1))
events.on('test:pass', ({ skip }) => {
  if (skip === undefined || skip === false) return
  const reason = typeof skip === 'string' ? skip : 'no reason is given'
  skipped.set(reason, (skipped.get(reason) ?? 0) + 1)
})
events.on('end', () => {
  for (const [reason, count] of skipped) {
    const isExpected = process.env.CI !== 'true' || mayBeSkipped.some((word) => reason.includes(word))
    if (!isExpected) process.exitCode = 1
    console.error(`${isExpected ? '' : 'not to be skipped here: '}${count} ${count === 1 ? 'test' : 'tests'} skipped: ${reason}`)
  }
})

/** What is skipped has its line at the end; its start, which comes right before, goes with it. */
async function* withoutSkipped(source: AsyncIterable<TestEvent>): AsyncGenerator<TestEvent> {
  let start: TestEvent | undefined
  for await (const event of source) {
    if (event.type === 'test:pass' && event.data.skip !== undefined) {
      start = undefined
      continue
    }
    if (start !== undefined) yield start
    start = event.type === 'test:start' ? event : undefined
    if (start === undefined) yield event
  }
  if (start !== undefined) yield start
}
await pipeline(events, withoutSkipped, new spec(), process.stdout, { end: false })
process.stdout.write('\n')
