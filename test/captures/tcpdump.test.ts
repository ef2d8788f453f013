/** A capture of switches' counters and a few datagrams of NetFlow v5, against what tcpdump prints of it. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { readCapture } from '../support/captures.js'
import { decode, rawLines } from '../support/decode.js'
import { CAPTURES, withoutCaptures } from '../support/shared.js'

const FOLDER = path.join(CAPTURES, 'tcpdump')
const NAME = 'sflow_multiple_counter_30_pdus'

/** What is compared of a datagram of sFlow: its header, and the numbers of each sample and counter record in their order. */
interface Datagram {
  agent: string
  header: number[]
  samples: { head: number[]; records: number[][] }[]
}

/** The datagrams of tcpdump's output: a line with a number and a time begins each. */
function printed(): string[] {
  const text = fs.readFileSync(path.join(FOLDER, 'golden', `${NAME}.out`), 'utf8')
  return text.split(/^ {2,}\d+ {2}(?=\d{4}-)/m).slice(1)
}

const numbersOf = (text: string): number[] => [...text.matchAll(/ (\d+)(?=[,\s]|$)/g)].map(([, digits]) => Number(digits))

function sflowOf(text: string): Datagram | undefined {
  const header = /sFlowv5, IPv4 agent ([\d.]+), agent-id (\d+), seqnum (\d+), uptime (\d+), samples (\d+)/.exec(text)
  if (header === null) return undefined
  const samples = text.split(/^\t(?:expanded )?counter sample /m).slice(1)
  return {
    agent: header[1],
    header: header.slice(2).map(Number),
    samples: samples.map((sample) => {
      const head = /seqnum (\d+), type (\d+), idx (\d+), records (\d+)/.exec(sample)!
      const records = sample.split(/^\t {4}enterprise 0, /m).slice(1)
      return {
        head: head.slice(1).map(Number),
        // records that tcpdump does not know it prints as bytes
        records: records.map((record) => (record.startsWith('Unknown') ? [] : numbersOf(record.slice(record.indexOf('\n')))))
      }
    })
  }
}

type Members = Record<string, string | number>
interface RawDatagram {
  agent: string
  sub_agent: number
  sequence: number
  uptime: number
  count: number
  samples: { sequence: number; source_id?: number; source_id_type?: number; source_id_index?: number; records: Members[] }[]
}

function sflowOfRaw({ agent, sub_agent: subAgent, sequence, uptime, count, samples }: RawDatagram): Datagram {
  return {
    agent,
    header: [subAgent, sequence, uptime, count],
    samples: samples.map(
      ({
        sequence: number,
        source_id: source = 0,
        source_id_type: type = source >>> 24,
        source_id_index: index = source & 0xffffff,
        records
      }) => ({
        head: [number, type, index, records.length],
        records: records.map(({ record, ...members }) =>
          /^(generic|ethernet)_interface$/.test(String(record)) ? Object.values(members).map(Number) : []
        )
      })
    )
  }
}

test('every counter of every sample', { skip: withoutCaptures }, async () => {
  const lines = await rawLines(await readCapture(path.join(FOLDER, `${NAME}.pcap`)))
  const datagrams = lines
    .map((line) => JSON.parse(line) as RawDatagram & { protocol: string })
    .filter(({ protocol }) => protocol === 'SFLOW_5')
  const expected = printed().flatMap((text) => sflowOf(text) ?? [])
  assert.equal(expected.length, 25)
  assert.equal(expected.flatMap(({ samples }) => samples.flatMap(({ records }) => records.flat())).length, 142 * (19 + 13))
  assert.deepEqual(datagrams.map(sflowOfRaw), expected)
})

test('what tcpdump takes for sFlow of version 327681 is NetFlow v5 with one record', { skip: withoutCaptures }, async () => {
  const { flows } = await decode(await readCapture(path.join(FOLDER, `${NAME}.pcap`)))
  const counts = printed().flatMap((text) => {
    const [, sender, version] = /^ {4}(\d+\.\d+\.\d+\.\d+)\.\d+ > .*: sFlow version (\d+) packet not supported/m.exec(text) ?? []
    return version === undefined ? [] : [`${sender} ${Number(version) >>> 16} ${Number(version) & 0xffff}`]
  })
  const datagrams = new Map<string, number>()
  for (const { sampler_address: sender, time_received_ns: time } of flows) {
    const key = `${Buffer.from(sender as string, 'hex').join('.')} ${String(time)}`
    datagrams.set(key, (datagrams.get(key) ?? 0) + 1)
  }
  assert.deepEqual(
    [...datagrams].map(([key, records]) => `${key.split(' ')[0]} 5 ${records}`),
    counts
  )
})
