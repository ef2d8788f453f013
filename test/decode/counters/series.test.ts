/** What /counters shows of values that wrap, start anew, come late and are too many. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { counterPage, metricName } from '../../../src/decode/counters/page.js'
import { loadChunk } from '../../../src/decode/memory/in.js'
import { type CounterSample, readCounterSample } from '../../../src/decode/counters/sample.js'
import { counterSeries, type Series } from '../../../src/decode/counters/series.js'
import { counterRecords } from '../../../src/decode/sflow/structures.js'
import { countersOf, genericRecord } from '../../support/read-counters.js'

interface Sent {
  octets?: bigint
  packets?: number
  uptime: number
  sequence: number
}

const origin = (uptime: number) => ({ agent: Buffer.from([192, 0, 2, 1]), subAgent: 0, uptime, receivedHi: 0, receivedLo: 0 })
const fail = (): void => assert.fail()

function sampleOf(source: number, { octets = 0n, packets = 0, sequence }: Sent): CounterSample {
  const bytes = countersOf({ sequence, source, records: [genericRecord(source, { inOctets: octets, inPackets: packets })] })
  return readCounterSample(2, 8, loadChunk(bytes).length, fail)!
}

function add(series: Series, sent: Sent, { source = 1, now = 0, name = 'eth"0' } = {}): void {
  series.add('192.0.2.1', origin(sent.uptime), sampleOf(source, sent), { interfaceName: name, hostName: '' }, now)
}

function shown(series: Series, metric: string, now = 0): number[] {
  return [...counterPage(series.sources(now)).matchAll(new RegExp(`^${metric}\\{.*\\} (.*)$`, 'gm'))].map(([, value]) => Number(value))
}

const all = (): Series => counterSeries(1000, fail)

test('a page has the values as they are sent, with the names of the agent and the interface', () => {
  const series = all()
  add(series, { octets: 123n, packets: 7, uptime: 1000, sequence: 1 })
  const page = counterPage(series.sources(0))
  assert.match(page, /^# TYPE sflow_if_in_octets_total counter$/m)
  assert.match(page, /^sflow_if_in_octets_total\{agent="192\.0\.2\.1",if_index="1",if_name="eth\\"0"\} 123$/m)
  assert.match(page, /^# TYPE sflow_if_speed gauge$/m)
  assert.match(page, /^sflow_if_status\{.*\} 3$/m)
})

test('32 bits that wrap go on, in a 64-bit field too', () => {
  const series = all()
  add(series, { octets: 4_000_000_000n, packets: 4_294_967_290, uptime: 1000, sequence: 1 })
  add(series, { octets: 10n, packets: 4, uptime: 2000, sequence: 2 })
  assert.deepEqual(shown(series, 'sflow_if_in_octets_total'), [2 ** 32 + 10])
  assert.deepEqual(shown(series, 'sflow_if_in_ucast_pkts_total'), [2 ** 32 + 4])
})

test('an agent that starts anew, or whose samples do, counts on; so does a counter that was cleared', () => {
  const series = all()
  add(series, { octets: 4_000_000_000n, uptime: 1_000_000, sequence: 50 })
  add(series, { octets: 10n, uptime: 20_000, sequence: 1 })
  assert.deepEqual(shown(series, 'sflow_if_in_octets_total'), [4_000_000_010])
  add(series, { octets: 3n, uptime: 30_000, sequence: 2 })
  assert.deepEqual(shown(series, 'sflow_if_in_octets_total'), [4_000_000_013])
  // the interface alone: the sequence of its samples starts anew
  add(series, { octets: 100n, uptime: 40_000, sequence: 60_000 })
  add(series, { octets: 120n, uptime: 50_000, sequence: 1 })
  assert.deepEqual(shown(series, 'sflow_if_in_octets_total'), [4_000_000_230])
})

test('uptime that wraps after 49.7 days is no restart; a sample that was overtaken is passed over', () => {
  const series = all()
  add(series, { octets: 100n, uptime: 2 ** 32 - 1000, sequence: 5 })
  add(series, { octets: 200n, uptime: 500, sequence: 6 })
  add(series, { octets: 150n, uptime: 400, sequence: 5 })
  assert.deepEqual(shown(series, 'sflow_if_in_octets_total'), [200])
})

test('unknown values in between change nothing', () => {
  const series = all()
  add(series, { packets: 10, uptime: 1000, sequence: 1 })
  add(series, { packets: 0xffffffff, uptime: 2000, sequence: 2 })
  add(series, { packets: 12, uptime: 3000, sequence: 3 })
  assert.deepEqual(shown(series, 'sflow_if_in_ucast_pkts_total'), [12])
})

test('what a counter of 32 bits shows is what was counted, however it wraps', () => {
  fc.assert(
    fc.property(fc.nat(0xfffffffe), fc.array(fc.nat(2 ** 31 - 1), { maxLength: 20 }), (first, steps) => {
      const series = all()
      let counted = first
      add(series, { packets: first, uptime: 1000, sequence: 1 })
      for (const [i, step] of steps.entries()) {
        counted += step
        if (counted % 2 ** 32 === 0xffffffff) counted++ // would be unknown
        add(series, { packets: counted % 2 ** 32, uptime: 2000 + i, sequence: 2 + i })
      }
      assert.deepEqual(shown(series, 'sflow_if_in_ucast_pkts_total'), [counted])
    })
  )
})

test('series are bounded, those of silent sources make room', () => {
  let full = 0
  const series = counterSeries(40, () => full++)
  const sent = { octets: 1n, uptime: 1000, sequence: 1 }
  for (const source of [1, 2, 3, 4]) add(series, sent, { source })
  assert.equal(shown(series, 'sflow_if_in_octets_total').length, 2)
  assert.equal(full, 1)
  assert.ok(series.size <= 40)
  assert.equal(series.refused, 38)
  const later = 16 * 60_000
  add(series, sent, { source: 5, now: later })
  assert.deepEqual(shown(series, 'sflow_if_in_octets_total', later).length, 1)
})

test('a name that is sent later is that of the series', () => {
  const series = all()
  add(series, { octets: 1n, uptime: 1, sequence: 1 }, { name: '' })
  add(series, { octets: 2n, uptime: 2, sequence: 2 }, { name: 'xe-0/0/1' })
  assert.match(counterPage(series.sources(0)), /^sflow_if_in_octets_total\{agent="192.0.2.1",if_index="1",if_name="xe-0\/0\/1"\} 2$/m)
})

test('names of metrics: each once, counters alone end in _total', () => {
  const names = new Set<string>()
  for (const { name, members } of counterRecords().values()) {
    for (const member of members) {
      const metric = metricName(name, member)
      assert.ok(!names.has(metric), metric)
      names.add(metric)
      assert.equal(metric.endsWith('_total'), member.type.startsWith('c'), metric)
      assert.match(metric, /^sflow_[a-z0-9_]+$/)
    }
  }
  for (const name of [
    'sflow_if_in_octets_total',
    'sflow_ethernet_fcs_errors_total',
    'sflow_host_cpu_user_total',
    'sflow_host_memory_mem_total_bytes',
    'sflow_processor_cpu_5s'
  ])
    assert.ok(names.has(name), name)
})
