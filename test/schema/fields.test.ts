import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { type Field, flowMessage } from '../../src/flow/proto.js'
import { endsOf, FIELDS, rowOf } from '../../src/schema/fields.js'
import { KINDS, type Kind } from '../../src/schema/kinds.js'
import type { EitherEnd, Exported, InformationElement, Row } from '../../src/schema/row.js'
import { IANA_ELEMENTS, withoutElements } from '../support/shared.js'
import { ROOT } from '../support/tools.js'

const rows = flowMessage.fields.map((field): [Field, Row] => [field, rowOf(field.name)!])

/** Which types of the .proto file can hold what a kind means. */
const HOLDS: Partial<Record<Kind, readonly Field['type'][]>> = {
  address: ['bytes'],
  mac: ['uint64'],
  time: ['uint64'],
  bitRate: ['uint64'],
  counter: ['uint64'],
  enum: ['enum'],
  text: ['string'],
  country: ['string'],
  number: ['uint32', 'uint64']
}

test('a row fits the type that proto/ gives the field', () => {
  assert.equal(Object.keys(FIELDS).length, flowMessage.fields.length)
  for (const [{ name, type }, { kind }] of rows) {
    assert.ok(kind in KINDS)
    assert.ok((HOLDS[kind] ?? ['uint32']).includes(type), `${name}: a ${kind} in a ${type}`)
  }
})

test('the two ends of a flow name each other', () => {
  for (const [field, row] of rows) {
    assert.equal(row.end !== undefined, row.other !== undefined, field.name)
    assert.equal(row.biflow === 'swap', row.other !== undefined, field.name)
    if (row.other === undefined) continue
    const other = FIELDS[row.other]
    assert.equal(other.other, field.name)
    assert.notEqual(other.end, row.end)
    assert.deepEqual([other.kind, other.either, other.words], [row.kind, row.either, row.words])
    assert.equal(flowMessage.field(row.other).type, field.type)
    assert.equal(FIELDS[row.of ?? 'type'].other, other.of, `${field.name} and ${row.other} belong to two ends of one thing`)
  }
})

test('a key for either end has two ends of its own type', () => {
  const keys = new Set(rows.flatMap(([, { either }]) => (either === undefined ? [] : [either])))
  assert.equal(keys.size, 8)
  for (const key of keys) {
    const ends = endsOf(key satisfies EitherEnd)
    assert.equal(FIELDS[ends[0]].other, ends[1])
    assert.ok(FIELDS[ends[0]].end === 'src' || FIELDS[ends[0]].end === 'in')
    for (const end of ends) {
      assert.equal(flowMessage.field(end).type, flowMessage.field(key).type)
      assert.equal(FIELDS[end].kind, FIELDS[key].kind)
      // whoever asks for the word asks for the key as well; a prefix length is asked for by a word of its own
      if (key !== 'addr_net') assert.deepEqual(FIELDS[end].words, FIELDS[key].words)
    }
  }
})

const elementsOf = (exported: Exported): InformationElement[] => ('id' in exported ? [exported] : [exported.ipv4, exported.ipv6])

test('elements are those of the registry, in no more bytes than their type has', { skip: withoutElements }, () => {
  const BYTES: Readonly<Record<string, number>> = {
    unsigned8: 1,
    unsigned16: 2,
    unsigned32: 4,
    unsigned64: 8,
    ipv4Address: 4,
    ipv6Address: 16,
    macAddress: 6,
    dateTimeMilliseconds: 8,
    string: 0,
    octetArray: 8,
    basicList: 0
  }
  const types = new Map(
    fs
      .readFileSync(IANA_ELEMENTS, 'utf8')
      .split('\n')
      .map((line) => line.split(','))
      .map(([id, , type]) => [Number(id), type])
  )
  for (const [{ name }, { element }] of rows) {
    for (const { id, bytes } of element === undefined ? [] : elementsOf(element)) {
      const most = BYTES[types.get(id) ?? '']
      assert.ok(most !== undefined && bytes <= most, `${name}: element ${id} of ${types.get(id)} in ${bytes} bytes`)
    }
  }
})

test('the build refuses a number that two messages have', (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'proto-'))
  t.after(() => {
    fs.rmSync(directory, { recursive: true })
  })
  fs.cpSync(path.join(ROOT, 'proto'), directory, { recursive: true })
  const datagram = path.join(directory, 'datagram.proto')
  fs.writeFileSync(datagram, fs.readFileSync(datagram, 'utf8').replace('src_port = 203', 'src_port = 21'))
  const { status, stderr } = spawnSync(process.execPath, [path.join(ROOT, 'src/flow/compile-proto.mjs'), directory], { encoding: 'utf8' })
  assert.notEqual(status, 0)
  assert.match(stderr, /number 21 of FlowMessage.src_port is Datagram.src_port already/)
})
