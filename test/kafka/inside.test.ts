import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import { runTool } from '../support/tools.js'

const kafkajs = path.dirname(fileURLToPath(import.meta.resolve('kafkajs')))

/** What a kafkajs would be whose inside differs in one place: `script` changes the real one before the tool sees it. */
async function startWith(script: string): Promise<{ code: number | null; stderr: string }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-kafka-inside-'))
  try {
    const file = path.join(folder, 'changed.cjs')
    fs.writeFileSync(file, `const inside = (name) => require(${JSON.stringify(`${kafkajs}/src/`)} + name)\n${script}\n`)
    return await runTool('flow-kafka', ['-brokers', '127.0.0.1:1', '-giveup', '1s'], '', { NODE_OPTIONS: `--require ${file}` })
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
}

async function refused(script: string): Promise<void> {
  const { code, stderr } = await startWith(script)
  assert.equal(code, 70, stderr)
  assert.match(stderr, /kafkajs is not the version that flow-kafka was made for/)
  assert.equal(stderr.split('\n').length, 2, stderr)
}

test('a kafkajs whose inside differs is refused with one line', async () => {
  assert.equal((await startWith('')).code, 69)
  await refused("delete inside('network/requestQueue').prototype.scheduleCheckPendingRequests")
})
