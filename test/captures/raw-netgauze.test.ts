/** Raw output of routers' captures, against netgauze: every element of every record of data and options, and every template. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { readCapture } from '../support/captures.js'
import { rawLines } from '../support/decode.js'
import { CAPTURES, withoutCaptures } from '../support/shared.js'

const FOLDER = path.join(CAPTURES, 'netgauze/golden')
const SUFFIX = '-flow.json'
const CAPTURED_AS: Partial<Record<string, string>> = {
  '110-IPFIXv10-NFv9-multiple-sources__traffic-00': '100-IPFIXv10-CISCO__traffic-00',
  '110-IPFIXv10-NFv9-multiple-sources__traffic-01': '101-NFv9-CISCO-cust_primitives__traffic-00'
}

type Json = Record<string, unknown>
interface GoldenRecord {
  scope_fields?: Json[]
  fields?: Json[]
}
interface RawSet {
  set: number
  templates?: { id: number; fields: { name: string; length: number }[]; scopes?: { name: string; length: number }[] }[]
  records?: Json[]
  options?: Json[]
}

const PROTOCOLS: Record<string, number> = {
  HOPOPT: 0,
  ICMP: 1,
  IGMP: 2,
  TCP: 6,
  UDP: 17,
  RSVP: 46,
  'IPv6-ICMP': 58,
  IPv6ICMP: 58,
  EIGRP: 88,
  OSPFIGP: 89,
  PIM: 103
}
const TCP_FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR']

/** What we print for a value that netgauze gives a name or a shape of its own; undefined where its name does not tell the number. */
const SHAPES: Record<string, (value: unknown) => unknown> = {
  protocolIdentifier: (value) => (typeof value === 'string' ? PROTOCOLS[value] : (value as { Unassigned?: number }).Unassigned),
  tcpControlBits: (value) => TCP_FLAGS.reduce((bits, flag, i) => bits | ((value as Record<string, boolean>)[flag] ? 1 << i : 0), 0),
  flowDirection: (value) =>
    typeof value === 'string' ? ['ingress', 'egress'].indexOf(value) : (value as { Unassigned?: number }).Unassigned,
  selectorAlgorithm: (value) => ({ RandomnoutofNSampling: 3 })[value as string],
  flowEndReason: (value) => ({ idletimeout: 1, activetimeout: 2, endofFlowdetected: 3, forcedend: 4, lackofresources: 5 })[value as string],
  mplsTopLabelType: (value) => ({ Unknown: 0 })[value as string],
  forwardingStatus: () => undefined,
  sourceMacAddress: mac,
  destinationMacAddress: mac
}

function mac(value: unknown): string {
  return (value as number[]).map((byte) => byte.toString(16).padStart(2, '0')).join(':')
}

function expected(element: string, value: unknown): unknown {
  if (element in SHAPES) return SHAPES[element](value)
  // trailing zeros of a fraction are cut
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT.*\.\d+Z$/.test(value)) return value.replace(/\.?0+Z$/, 'Z')
  return Array.isArray(value) ? Buffer.from(value as number[]).toString('hex') : value
}

/** The bits of forwardingStatus that netgauze names: the two that say what became of the packet. */
const STATUS = ['Unknown', 'Forwarded', 'Dropped', 'Consumed']

let compared = 0

function assertElements(ours: Json, golden: GoldenRecord, where: string): void {
  const elements = [...(golden.scope_fields ?? []), ...(golden.fields ?? [])].map((field) => Object.entries(field)[0])
  const seen = new Map<string, number>()
  for (const [element, value] of elements) {
    const at = seen.get(element) ?? 0
    seen.set(element, at + 1)
    assert.ok(element in ours, `${where}: ${element} is there`)
    const own = ours[element]
    const mine = Array.isArray(own) && elements.filter(([other]) => other === element).length > 1 ? (own as unknown[])[at] : own
    compared++
    if (element === 'forwardingStatus') {
      assert.equal(STATUS[Number(mine) >> 6], typeof value === 'string' ? value : Object.keys(value as Json)[0], `${where}: ${element}`)
      continue
    }
    const wanted = expected(element, value)
    if (wanted !== undefined) assert.deepEqual(mine, wanted, `${where}: ${element}`)
  }
  assert.deepEqual(Object.keys(ours).sort(), [...new Set(elements.map(([element]) => element))].sort(), `${where}: all elements`)
}

for (const name of withoutCaptures === false ? fs.readdirSync(FOLDER).map((file) => file.slice(0, -SUFFIX.length)) : []) {
  test(`${name}: all elements of all records`, async () => {
    const goldens = fs
      .readFileSync(path.join(FOLDER, name + SUFFIX), 'utf8')
      .trim()
      .split('\n')
      .map((line) => Object.values(JSON.parse(line) as Json)[0] as Json)
    const datagrams = await readCapture(path.join(CAPTURES, 'pmacct', `${CAPTURED_AS[name] ?? name}.pcap`))
    const lines = (await rawLines(datagrams)).map((line) => JSON.parse(line) as Json)
    assert.equal(lines.length, goldens.length)
    compared = 0
    goldens.forEach((golden, i) => {
      const where = `datagram ${i + 1}`
      const line = lines[i]
      assert.equal(line.sequence, golden.sequence_number, where)
      assert.equal(line.export_time, golden.export_time ?? golden.unix_time, where)
      assert.equal(line.observation_domain_id ?? line.source_id, golden.observation_domain_id ?? golden.source_id, where)
      const sets = line.sets as RawSet[]
      // sets of templates next to one another are one of ours
      const records = sets.flatMap(({ records = [], options = [] }) => [...records, ...options])
      const templates = sets.flatMap(({ templates = [] }) => templates)
      const goldenSets = (golden.sets as Json[]).map((set) => Object.entries(set)[0])
      const goldenRecords = goldenSets.flatMap(([kind, set]) => (kind === 'Data' ? (set as { records: GoldenRecord[] }).records : []))
      const goldenTemplates = goldenSets.flatMap(([kind, set]) =>
        kind === 'Data' ? [] : (set as { id: number; field_specifiers: Json[]; scope_field_specifiers?: Json[] }[])
      )
      assert.equal(records.length, goldenRecords.length, where)
      records.forEach((record, at) => {
        assertElements(record, goldenRecords[at], `${where}, record ${at + 1}`)
      })
      const shapeOf = (specifiers: Json[] = []): unknown[] => specifiers.map(({ length }) => (length === 65535 ? 'variable' : length))
      assert.deepEqual(
        templates.map(({ id, scopes = [], fields }) => [id, [...scopes, ...fields].map(({ length }) => length)]),
        goldenTemplates.map(({ id, scope_field_specifiers, field_specifiers }) =>
          [id, [...shapeOf(scope_field_specifiers), ...shapeOf(field_specifiers)]].map((part) => part)
        )
      )
    })
    assert.ok(compared > 0 || goldens.length < 12, `${compared} values`)
  })
}

test('netgauze read the captures of routers', { skip: withoutCaptures }, () => {
  assert.ok(fs.readdirSync(FOLDER).length > 0)
})
