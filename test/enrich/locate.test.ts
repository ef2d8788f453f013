import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { locate } from '../../src/enrich/databases/locate.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-enrich-locate-'))
const [first, second] = ['first', 'second'].map((name) => path.join(folder, name))
for (const name of [first, second]) fs.mkdirSync(name)
fs.writeFileSync(path.join(second, 'a.mmdb'), '')
after(() => {
  fs.rmSync(folder, { recursive: true })
})

test('a name is looked for in the folders, in their order', () => {
  assert.equal(locate('a.mmdb', ['/nowhere', first, second]), path.join(second, 'a.mmdb'))
  fs.writeFileSync(path.join(first, 'a.mmdb'), '')
  assert.equal(locate('a.mmdb', ['/nowhere', first, second]), path.join(first, 'a.mmdb'))
  assert.equal(locate('b.mmdb', [first, second]), 'b.mmdb')
})

test('a name with a directory, or of a file in the current folder, is that file', () => {
  assert.equal(locate('./a.mmdb', [first]), './a.mmdb')
  assert.equal(locate('package.json', [folder]), 'package.json')
  fs.writeFileSync(path.join(folder, 'package.json'), '')
  assert.equal(locate('package.json', [folder]), fs.existsSync('package.json') ? 'package.json' : path.join(folder, 'package.json'))
})
