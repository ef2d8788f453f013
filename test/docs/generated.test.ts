/** Completions and the page of fields say what the code does. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { ROOT } from '../support/tools.js'
import { fieldsMarkdown } from './fieldsmd.js'
import { fieldsPage } from './fieldspage.js'

const missing = (shell: string): string | false =>
  spawnSync(shell, ['--version']).error === undefined ? false : `no ${shell} on this machine`

test('the pages of fields are as npm run fields makes them', async () => {
  assert.equal(fs.readFileSync(path.join(ROOT, 'man/flow-fields.7'), 'utf8'), fieldsPage(), 'out of date: npm run fields')
  assert.equal(fs.readFileSync(path.join(ROOT, 'docs/fields.md'), 'utf8'), await fieldsMarkdown(), 'out of date: npm run fields')
})

/** What bash offers for the last of these words. */
function offered(...words: string[]): string[] {
  const script = `source completions/flow-tools.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _flow_tools "$1"; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', ...words], { cwd: ROOT, encoding: 'utf8' })
  assert.equal(stderr, '')
  return stdout.split('\n').filter((line) => line !== '')
}

test('bash completes options, words, fields and files', () => {
  assert.deepEqual(offered('flow-agg', '-or'), ['-order'])
  assert.deepEqual(offered('/usr/bin/flow-agg', '-order', ''), ['bytes', 'packets', 'flows', 'distinct'])
  assert.deepEqual(offered('flow-format', '-fields', 'src_addr,dst_addr,src_p'), ['src_addr,dst_addr,src_port'])
  assert.deepEqual(offered('flow-format', 'packa').sort(), ['package-lock.json', 'package.json', 'packaging'])
  assert.deepEqual(offered('flow-filter', '-r', 'LIC'), ['LICENSE'])
  assert.deepEqual(offered('flow-top', 'LIC'), [])
  assert.ok(offered('flow-kafka', '-').includes('-tls.ca'))
})

for (const [shell, file] of [
  ['zsh', 'completions/_flow-tools'],
  ['fish', 'completions/flow-tools.fish']
] as const) {
  test(`${shell} takes its completions`, { skip: missing(shell) }, () => {
    const { status, stderr } = spawnSync(shell, ['-n', file], { cwd: ROOT, encoding: 'utf8' })
    assert.deepEqual([status, stderr], [0, ''])
  })
}
