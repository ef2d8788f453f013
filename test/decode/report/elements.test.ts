/** The report counts no element as unused that the decoder reads. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { TAKEN } from '../../../src/decode/report/elements.js'
import { elementNumbers, type ElementName } from '../../../src/schema/elements.js'
import { ROOT } from '../../support/tools.js'

test('every element that the decoder names is one that it reads', () => {
  const folder = path.join(ROOT, 'src/decode/netflow')
  const sources = fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const named = sources.flatMap((file) => fs.readFileSync(path.join(folder, file), 'utf8').match(/(?<=\bIE\.)\w+/g) ?? [])
  assert.ok(named.length > 100)
  const numbers = elementNumbers()
  assert.deepEqual(
    named.filter((name) => !TAKEN.has(numbers[name as ElementName])),
    []
  )
})
