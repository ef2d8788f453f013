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
  assert.match(stderr, /^flow-kafka: kafkajs is not the 2\.2 that flow-kafka was made for: its \w+ differs; npm ci brings the right one\n$/)
}

test('a kafkajs whose inside differs is refused with one line', async () => {
  assert.equal((await startWith('')).code, 69)
  await refused("delete inside('network/requestQueue').prototype.scheduleCheckPendingRequests")
  await refused("delete inside('protocol/requests/produce').protocol")
  // a byte more in each request
  await refused(`
    const produce = inside('protocol/requests/produce')
    const { protocol } = produce
    produce.protocol = (version) => (args) => {
      const made = protocol(version)(args)
      const { encode } = made.request
      made.request.encode = async () => (await encode()).writeInt8(0)
      return made
    }`)
  // a list that is copied, and so no longer ours
  await refused(`
    inside('producer/groupMessagesPerPartition')
    const file = Object.keys(require.cache).find((file) => file.endsWith('groupMessagesPerPartition.js'))
    require.cache[file].exports = ({ messages }) => ({ 1: [messages] })`)
})
