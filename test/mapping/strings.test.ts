/** Fields of a user's own whose type is string: the bytes as they came, as in goflow2; text is made of them where text is written. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { ipfix, set, template } from '../support/build-netflow.js'
import { datagramFrame } from '../support/datagram-stream.js'
import { runPipeline } from '../support/tools.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-strings-'))
after(() => {
  fs.rmSync(folder, { recursive: true })
})

const MAPPING = path.join(folder, 'mapping.yaml')
fs.writeFileSync(
  MAPPING,
  `formatter:
  fields: [inner, raw, label, list]
  render: { inner: ip, raw: hex, list: ip }
  protobuf:
    - { name: inner, index: 2000, type: string }
    - { name: raw, index: 2001, type: string }
    - { name: label, index: 2002, type: string }
    - { name: list, index: 2003, type: string, array: true }
ipfix:
  mapping:
    - { field: 225, destination: inner }
    - { field: 225, destination: raw }
    - { field: 82, destination: label }
    - { field: 225, destination: list }
    - { field: 226, destination: list }
`
)

test('a string carries the bytes of its element: an address is one again, a padded name is a name', async () => {
  const fields = [
    [225, 4],
    [226, 4],
    [82, 8]
  ] as const
  const record = Buffer.concat([Buffer.from([198, 51, 100, 0]), Buffer.from([10, 255, 0, 0]), Buffer.from('xe-0/0\0\0')])
  const stream = datagramFrame({ payload: ipfix({}, set(2, template(300, fields)), set(300, record)) })
  const { stdout, stderr } = await runPipeline(`flow-decode -mapping ${MAPPING} | flow-format -mapping ${MAPPING}`, stream)
  assert.deepEqual(
    JSON.parse(stdout.toString()),
    {
      inner: '198.51.100.0',
      raw: 'c6336400',
      label: 'xe-0/0',
      list: ['198.51.100.0', '10.255.0.0']
    },
    stderr
  )
})
