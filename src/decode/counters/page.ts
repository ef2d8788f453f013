/** The page of counters, in Prometheus's text format (version 0.0.4). */
import type { Page } from '../../cli/metrics.js'
import type { Member } from '../sflow/xdr.js'
import { isCounter, isNumber, type Series, type Source } from './series.js'

const PAGE_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** The page, for the metrics server. */
export function showCounters(series: Series): Page {
  return (_request, response) => {
    response.setHeader('content-type', PAGE_TYPE).end(counterPage(series.sources(performance.now())))
  }
}

/** What a structure's members are called in front, where that is not its own name. */
const PREFIXES: Readonly<Record<string, string>> = {
  generic_interface: 'if',
  ethernet_interface: 'ethernet',
  host_disk_io: 'host_disk',
  host_net_io: 'host_net'
}

/** `sflow_if_in_octets_total`: what the name in front ends with is not said twice, and only counters end in _total. */
export function metricName(structure: string, member: Member): string {
  const prefix = PREFIXES[structure] ?? structure
  const last = prefix.slice(prefix.lastIndexOf('_') + 1)
  const own = member.name.startsWith(`${last}_`) ? member.name.slice(last.length + 1) : member.name
  const unit = member.type === 'u64' ? 'bytes' : 'count'
  return `sflow_${prefix}_${isCounter(member) ? `${own}_total` : own.replace(/total$/, `total_${unit}`)}`
}

interface Metric {
  readonly type: 'counter' | 'gauge'
  readonly help: string
  readonly lines: string[]
}

/** One sample a line, those of a metric together. */
export function counterPage(sources: Iterable<Source>): string {
  const metrics = new Map<string, Metric>()
  for (const { labels, records } of sources) {
    const labelled = Object.entries(labels)
      .map(([name, value]) => `${name}="${escaped(value)}"`)
      .join(',')
    for (const { structure, last, before } of records.values()) {
      structure.members.forEach((member, i) => {
        if (!isNumber(member) || Number.isNaN(last[i])) return
        const name = metricName(structure.name, member)
        let metric = metrics.get(name)
        if (metric === undefined) {
          metric = {
            type: isCounter(member) ? 'counter' : 'gauge',
            help: `${structure.name}.${member.name} of sFlow counter samples`,
            lines: []
          }
          metrics.set(name, metric)
        }
        metric.lines.push(`${name}{${labelled}} ${before[i] + last[i]}\n`)
      })
    }
  }
  let page = ''
  for (const [name, { type, help, lines }] of metrics) page += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
  return page
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' }

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => ESCAPES[character])
}
