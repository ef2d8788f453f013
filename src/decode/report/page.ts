/** A report as a page for people, in 80 columns, and as objects for machines. */
import { plural } from '../../cli/plural.js'
import { textWidth } from '../../table/width.js'
import { toJson, type Tree } from '../../text/tree.js'
import type { ErrorKind } from '../decoding.js'
import { ratePlaces, unusedElements } from './elements.js'
import { type Finding, findingsOf, percent, seconds, unreadable } from './findings.js'
import { hasTemplates, lossOf, type Section, skewOf, unitsOf } from './section.js'

const COLUMNS = 80
const INDENT = 14

/** One section, with an empty line behind it. */
export function sectionPage(section: Section, mapped: ReadonlySet<string>): string {
  const findings = findingsOf(section, mapped)
  const rows: [string, string][] = [
    ['received', receivedText(section)],
    ['lost', lostText(section)],
    ...(hasTemplates(section)
      ? [['templates', templatesText(section)] as [string, string], ['options', optionsText(section)] as [string, string]]
      : []),
    ['sampling', samplingText(section)],
    ['interfaces', `${section.interfaces.size} in flows, ${section.named.size} with a name`],
    ['clock', clockText(section)],
    ['flows', flowsText(section)]
  ]
  const head = `${[section.exporter, section.protocol, domainText(section)].filter((word) => word !== '').join('  ')}\n`
  const lines = rows.map(([name, text]) => wrapped(`  ${name.padEnd(INDENT - 2)}`, text)).join('')
  const found = findings.length === 0 ? '  nothing to find fault with\n' : findings.map(({ text }) => wrapped('  ! ', text, 4)).join('')
  return `${head}${lines}${found}\n`
}

/** The same as a line of JSON. */
export function sectionJson(section: Section, mapped: ReadonlySet<string>): string {
  const { templates, waiting, rates, sequences, errors } = section
  const time = (value: number): Tree => (Number.isFinite(value) && value > 0 ? value : null)
  return `${toJson({
    exporter: section.exporter,
    protocol: section.protocol,
    domain: section.domain,
    datagrams: section.datagrams,
    first_received: time(section.first),
    last_received: time(section.last),
    flows: section.flows,
    options_sets: section.optionsSets,
    counter_samples: section.counterSamples,
    missing: sequences.missing,
    loss: lossOf(section),
    restarts: sequences.restarts,
    templates: [...templates.values()].map(({ definition, sent, redefined }) => ({
      id: definition.id,
      options: definition.options,
      sent,
      redefined
    })),
    waiting: Object.fromEntries(waiting),
    waited: section.waited,
    unused_elements: unusedElements(section, mapped).map(({ name }) => name),
    sampling_rates: Object.fromEntries(rates),
    sampling_told_in: ratePlaces(section),
    interfaces: section.interfaces.size,
    interfaces_with_name: section.named.size,
    clock_skew_seconds: skewOf(section) ?? null,
    nat_events: section.natEvents,
    firewall_events: section.firewallEvents,
    flows_backwards: section.backwards,
    flows_without_counters: section.empty,
    longest_flow_seconds: section.longest,
    errors: Object.fromEntries(errors),
    findings: findingsOf(section, mapped).map(({ kind, text }: Finding) => ({ kind, text }))
  })}\n`
}

/** Of an address that sent nothing readable. */
export function unreadablePage(exporter: string, errors: ReadonlyMap<ErrorKind, number>): string {
  return `${exporter}\n${wrapped('  ! ', unreadable(errors).text, 4)}\n`
}

/** The same as a line of JSON. */
export function unreadableJson(exporter: string, errors: ReadonlyMap<ErrorKind, number>): string {
  return `${toJson({ exporter, protocol: null, errors: Object.fromEntries(errors), findings: [{ ...unreadable(errors) }] })}\n`
}

function domainText({ protocol, domain }: Section): string {
  if (protocol === 'SFLOW_5') return `agent ${domain}`
  if (protocol === 'NETFLOW_V5' || protocol === 'NETFLOW_V7') return `engine ${Number(domain) >> 8}/${Number(domain) & 0xff}`
  return protocol === 'NETFLOW_V1' ? '' : `domain ${domain}`
}

function receivedText({ datagrams, first, last, flows, counterSamples, waited }: Section): string {
  const span = last - first
  const rate = (count: number): string => (span >= 1 ? ` (${Number((count / span).toPrecision(3))}/s)` : '')
  return [
    `${plural(datagrams, 'datagram')}${rate(datagrams)}`,
    `${plural(flows, 'flow')}${rate(flows)}${span >= 1 ? ` in ${seconds(span)}` : ''}`,
    ...(counterSamples > 0 ? [plural(counterSamples, 'counter sample')] : []),
    ...(waited > 0 ? [`${plural(waited, 'data set')} waited for a template`] : [])
  ].join(', ')
}

function lostText(section: Section): string {
  const { sequences, protocol } = section
  if (protocol === 'NETFLOW_V1') return 'cannot be told: v1 has no sequence numbers'
  const restarts = sequences.restarts === 0 ? '' : `, ${plural(sequences.restarts, 'restart')}`
  return `${plural(sequences.missing, unitsOf(section))} (${percent(lossOf(section))})${restarts}`
}

function templatesText({ templates, waiting }: Section): string {
  const shown = [...templates.values()]
    .filter(({ definition }) => !definition.options)
    .map(({ definition: { id, record }, sent, redefined }) => {
      const fields = Buffer.from(record, 'latin1').readUInt16BE(2)
      return `${id}: ${plural(fields, 'field')}, sent ${times(sent)}${redefined > 0 ? `, redefined ${times(redefined)}` : ''}`
    })
  const missing = [...waiting].map(([id, sets]) => `${id}: not sent, ${plural(sets, 'data set')} waiting`)
  return [...shown, ...missing].join('; ') || 'none'
}

function optionsText({ templates, optionsSets }: Section): string {
  const options = [...templates.values()].filter(({ definition }) => definition.options)
  if (options.length === 0) return 'never sent'
  return `${options.map(({ definition: { id }, sent }) => `${id}: sent ${times(sent)}`).join('; ')}; ${plural(optionsSets, 'set')} of data`
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`)

function samplingText(section: Section): string {
  const rates = [...section.rates].filter(([rate]) => rate > 0).sort(([, a], [, b]) => b - a)
  if (rates.length === 0) return section.flows === 0 ? 'no flows' : 'no rate told'
  const untold = section.rates.get(0) ?? 0
  const places = ratePlaces(section)
  const from =
    section.protocol === 'SFLOW_5'
      ? 'in each sample'
      : !hasTemplates(section)
        ? 'in the header, or by -samplingrate'
        : places.length === 0
          ? 'by -samplingrate, or kept from before'
          : `in ${places.join(' and ')}`
  const shown = rates.slice(0, 4).map(([rate]) => `1:${rate}`)
  return `${shown.join(', ')}${rates.length > 4 ? ` and ${rates.length - 4} more` : ''}, ${from}${untold > 0 ? `; ${plural(untold, 'flow')} without` : ''}`
}

function clockText(section: Section): string {
  const skew = skewOf(section)
  if (skew === undefined) return section.protocol === 'SFLOW_5' ? 'sFlow tells no time' : 'no time told'
  return Math.abs(skew) < 1 ? 'right to the second' : `${seconds(Math.abs(skew))} ${skew > 0 ? 'behind' : 'ahead of'} receipt`
}

function flowsText({ longest, backwards, empty, natEvents, firewallEvents }: Section): string {
  const events = [
    natEvents === 0 ? '' : `${plural(natEvents, 'event')} of a NAT; `,
    firewallEvents === 0 ? '' : `${plural(firewallEvents, 'event')} of a firewall; `
  ].join('')
  return `${events}longest ${seconds(longest)}; ${backwards} start after they end; ${empty} without bytes and packets`
}

/** Words in lines of 80 columns, the first behind `prefix`, the others under its end. */
function wrapped(prefix: string, text: string, indent = INDENT): string {
  let page = ''
  let line = prefix
  let isFirst = true
  for (const word of text.split(' ')) {
    if (!isFirst && textWidth(line) + 1 + textWidth(word) > COLUMNS) {
      page += `${line}\n`
      line = ' '.repeat(indent) + word
    } else line += isFirst ? word : ` ${word}`
    isFirst = false
  }
  return `${page}${line}\n`
}
