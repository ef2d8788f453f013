/** What is wrong with an exporter, each in a line that says what it means and what to do about it. A healthy one has none. */
import { plural } from '../../cli/plural.js'
import type { ErrorKind } from '../decoding.js'
import { unusedElements } from './elements.js'
import { eventsOf, hasTemplates, lossOf, type Section, skewOf, unitsOf } from './section.js'

export interface Finding {
  /** a word for machines */
  readonly kind: string
  readonly text: string
}

/** Less loss than this is no finding: a datagram that was in flight as watching began. */
const LITTLE_LOSS = 0.001
/** More than this is seldom lost by a network. */
const INCREDIBLE_LOSS = 0.5
/** A clock that is off by less is as good as one can be with seconds in headers and queues on the way. */
const CLOCK_SECONDS = 10
/** One that is off by more was never set, or what comes is not of today. */
const DAY_SECONDS = 86_400
/** The longest active timeout that is a default anywhere is half an hour; flows are a little longer. */
const ACTIVE_TIMEOUT_SECONDS = 1860
/** The part of flows that count nothing from which on they are a finding. */
const EMPTY_PART = 0.01

/** `mapped`: elements that a mapping file takes, as `enterprise.number`. */
export function findingsOf(section: Section, mapped: ReadonlySet<string>): Finding[] {
  const findings: Finding[] = []
  const find = (kind: string, text: string): void => {
    findings.push({ kind, text })
  }
  const { rates, flows, waiting, sequences, interfaces, named, errors } = section

  if (waiting.size > 0)
    find(
      'template-missing',
      `data waits for template ${ids(waiting.keys())}, which did not come: have the exporter send its templates every minute (template data timeout 60), or watch for longer`
    )
  const redefined = [...section.templates.values()].filter(({ redefined: times }) => times > 0)
  if (redefined.length > 0)
    find(
      'template-redefined',
      `template ${ids(redefined.map(({ definition }) => definition.id))} came with different fields: two exporters behind one address (NAT, a replicator) or one that was configured anew; give each an address or a domain of its own`
    )
  const loss = lossOf(section)
  if (loss > LITTLE_LOSS)
    find(
      'loss',
      `${percent(loss)} by sequence number never came (${plural(sequences.missing, unitsOf(section))}): ${
        loss > INCREDIBLE_LOSS
          ? 'a capture with gaps, or an exporter that counts something else than its protocol says; if it is neither, '
          : ''
      }look at the drops of flow-listen (rcvbuf, queue_size), of the network, and at the exporter's own`
    )
  const counting = flows - eventsOf(section)
  if (counting > 0 && [...rates.keys()].every((rate) => rate === 0) && section.protocol !== 'SFLOW_5')
    find(
      'no-sampling',
      hasTemplates(section)
        ? 'no sampling rate is told: if it samples, all sums are too small; have it send its sampler (option sampler-table), or say -samplingrate NETWORK=N'
        : 'no sampling rate is told: if it samples, all sums are too small; say flow-decode -samplingrate NETWORK=N'
    )
  const hasOptions = [...section.templates.values()].some(({ definition }) => definition.options)
  if (hasTemplates(section) && flows > 0 && !hasOptions && interfaces.size > 0 && named.size === 0)
    find(
      'no-options',
      'options are never sent, so interfaces have numbers and no names: configure option interface-table and option sampler-table'
    )
  else if (hasTemplates(section) && interfaces.size > 0 && named.size === 0)
    find(
      'no-names',
      section.optionsSets === 0
        ? 'templates of options are sent, but no data of theirs yet, so interfaces have no names: watch for longer, or shorten the timeout of option interface-table'
        : 'options are sent, but no name of an interface: configure option interface-table'
    )
  const skew = skewOf(section) ?? 0
  if (Math.abs(skew) > CLOCK_SECONDS)
    find(
      'clock',
      `its clock is ${seconds(Math.abs(skew))} ${skew > 0 ? 'behind' : 'ahead of'} the time of receipt, and so are all flows: ${
        Math.abs(skew) > DAY_SECONDS
          ? 'it was never set, or datagrams of another day are replayed; give it NTP'
          : 'give it NTP, and UTC as its zone'
      }`
    )
  if (section.backwards > 0)
    find(
      'backwards',
      `${section.backwards} of ${flows} flows start after they end: its clock steps or its software is wrong; NTP, and a newer release`
    )
  if (section.longest > ACTIVE_TIMEOUT_SECONDS)
    find(
      'long-flows',
      `the longest flow lasts ${seconds(section.longest)}: no active timeout cuts it, so its bytes come all at once; set it to 60 s (cache timeout active 60)`
    )
  if (section.empty > counting * EMPTY_PART)
    find(
      'no-counters',
      `${section.empty} of ${flows} flows have neither bytes nor packets: add counter bytes and counter packets to the record`
    )
  const unused = unusedElements(section, mapped)
  if (unused.length > 0)
    find(
      'unused',
      `no field takes ${list(unused.map(({ numbered }) => numbered))}: -mapping can give each a field of its own; what nobody needs the exporter need not send`
    )
  const refused = errors.get('malformed-template') ?? 0
  if (refused > 0)
    find(
      'template-refused',
      `${plural(refused, 'template')} could not be read, and no data of ${refused === 1 ? 'it' : 'theirs'}: -produce raw shows them; the exporter's software is wrong`
    )
  const broken = [...errors].filter(([kind]) => kind !== 'malformed-template' && kind !== 'template-not-found')
  if (broken.length > 0)
    find(
      'errors',
      `some of it is broken (${counted(broken)}): -loglevel info says what, -produce raw shows it; the path (MTU, fragments) or the exporter's software is wrong`
    )
  return findings
}

/** The finding on an address of whose datagrams not even a header could be read. */
export function unreadable(errors: ReadonlyMap<ErrorKind, number>): Finding {
  return {
    kind: 'unreadable',
    text: `nothing that it sends could be read (${counted([...errors])}): it exports in a protocol that is none of ours, or another program sends to this port; -loglevel info says how its datagrams begin`
  }
}

const counted = (errors: readonly (readonly [ErrorKind, number])[]): string => errors.map(([kind, count]) => `${count} ${kind}`).join(', ')

/** A part of 0 to 1 for people. */
export function percent(part: number): string {
  return `${(part * 100).toFixed(part < 0.1 ? 1 : 0)} %`
}

/** A time in seconds for people, in the unit that suits it. */
export function seconds(value: number): string {
  if (value < 120) return `${Number(value.toFixed(1))} s`
  return value < 7200
    ? `${Math.round(value / 60)} min`
    : value < 172_800
      ? `${(value / 3600).toFixed(1)} h`
      : `${Math.round(value / 86_400)} days`
}

const MOST_LISTED = 12

function list(names: readonly string[]): string {
  const more = names.length - MOST_LISTED
  return more <= 0 ? names.join(', ') : `${names.slice(0, MOST_LISTED).join(', ')} and ${more} more`
}

function ids(numbers: Iterable<number>): string {
  return list([...numbers].map(String))
}
