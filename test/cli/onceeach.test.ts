import assert from 'node:assert/strict'
import test from 'node:test'
import { onceEach } from '../../src/cli/onceeach.js'

test('each key has its line once, and a flood of them ends with one that says so', () => {
  const lines: string[] = []
  const tell = onceEach((line) => lines.push(line))
  for (let round = 0; round < 2; round++) for (let i = 0; i < 5000; i++) tell(String(i), () => `new exporter ${i}`)
  assert.equal(lines.length, 1001)
  assert.equal(lines[0], 'new exporter 0')
  assert.equal(lines[1000], 'new exporter 1000; further ones are not logged')
})
