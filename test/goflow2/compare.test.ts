/** The comparison with goflow2, tried with a stand-in: our own tools, whose lines are changed on the way out. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { type TestContext } from 'node:test'
import { ROOT, withTools } from '../support/tools.js'

const SCRIPT = path.join(ROOT, 'dist/test/goflow2/goflow2.js')
const DEMO = path.join(ROOT, 'test/fixtures/demo.pcap')

/** Runs the script with a goflow2 whose lines go through `change`, a command. */
function compared(t: TestContext, change: string): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'goflow2-'))
  t.after(() => {
    fs.rmSync(folder, { recursive: true })
  })
  const lines = `flow-listen -listen "\${2%%\\?*}" | flow-decode | flow-format -fields goflow2 | ${change}`
  fs.writeFileSync(path.join(folder, 'goflow2'), `#!/bin/bash\n[ "$1" = -v ] || { ${lines}; }\n`, { mode: 0o755 })
  const { stdout, stderr, status } = spawnSync(process.execPath, [SCRIPT, DEMO], {
    encoding: 'utf8',
    env: { ...withTools(), PATH: `${folder}:${withTools().PATH ?? ''}`, FLOW_LOGLEVEL: 'error' }
  })
  assert.equal(status, 0, stderr)
  return stdout
}

const numbersOf = (output: string): string[] => /^\| demo\.pcap \| (.*) \|$/m.exec(output)![1].split(' | ')

test('the same flows are equal', { timeout: 60_000 }, (t) => {
  const [ours, theirs, onlyOurs, onlyTheirs, same, different] = numbersOf(compared(t, 'cat'))
  assert.ok(Number(ours) > 50)
  assert.deepEqual([theirs, onlyOurs, onlyTheirs, same, different], [ours, '0', '0', ours, ''])
})

test('a flow that is missing, and a field with another value, are told', { timeout: 60_000 }, (t) => {
  const output = compared(t, `sed -u -e 1d -e 's/"src_as":0/"src_as":7/'`)
  const [ours, theirs, onlyOurs, onlyTheirs, , different] = numbersOf(output)
  assert.deepEqual([Number(theirs), onlyOurs, onlyTheirs], [Number(ours) - 1, '1', '0'])
  assert.match(different, /^src_as \d+$/)
  assert.match(output, /1 captures: .* Fields that differ: src_as/)
})

test('without a goflow2 there is one line', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SCRIPT, DEMO], { encoding: 'utf8', env: { PATH: '/nowhere' } })
  assert.deepEqual([status, stdout, stderr], [69, '', 'no goflow2 on the PATH: there is nothing to compare with\n'])
})
