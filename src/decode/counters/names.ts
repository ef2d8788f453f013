/** The names of interfaces and hosts, which agents send in other samples than those that need them. */
import { type CounterSample, INTERFACE, recordOf, valueOf } from './sample.js'

/** So many names are kept; of more, those whose samples came least recently are forgotten. */
const MOST_NAMES = 100_000
/** The longest name that ifName and a host name may have. */
const MOST_CHARACTERS = 255

export interface Names {
  /** Notes the names in a sample of `agent` (any key of it), and returns those that are known for its source. */
  readonly learn: (agent: string, sample: CounterSample) => SourceNames
}

/** Empty where none is known. */
export interface SourceNames {
  readonly interfaceName: string
  readonly hostName: string
}

/** Without any name yet. */
export function sourceNames(): Names {
  const names = new Map<string, string>() // the one whose sample came last at the end

  function nameOf(key: string, sent: string): string {
    const name = sent.slice(0, MOST_CHARACTERS) || (names.get(key) ?? '')
    if (name === '') return name
    names.delete(key)
    names.set(key, name)
    if (names.size > MOST_NAMES) names.delete(names.keys().next().value!)
    return name
  }

  return {
    learn(agent, sample) {
      const key = `${agent} ${sample.sourceClass}:${sample.sourceIndex}`
      return sample.sourceClass === INTERFACE
        ? { interfaceName: nameOf(key, textOf(sample, 'port_name', 'name')), hostName: '' }
        : { interfaceName: '', hostName: nameOf(key, textOf(sample, 'host_descr', 'hostname')) }
    }
  }
}

function textOf(sample: CounterSample, record: string, member: string): string {
  const found = recordOf(sample, record)
  const value = found === undefined ? undefined : valueOf(found, member)
  return typeof value === 'string' ? value : ''
}
