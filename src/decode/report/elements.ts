/** Which elements of templates fill a field of FlowMessage, or help to. */
import { elementName, REVERSE_ENTERPRISE } from '../../schema/elements.js'
import { elementsOf, RULES } from '../netflow/compile/field-rules.js'
import { IE } from '../netflow/wire/ie.js'
import { openDefinition, type TemplateField } from '../netflow/wire/template.js'
import type { Section } from './section.js'

/** Elements that a rule names, or the code. */
const TAKEN = new Set<number>([...Object.values(IE), ...RULES.flatMap(elementsOf)])
for (let id: number = IE.mplsTopLabelStackSection; id <= IE.mplsLabelStackSection10; id++) TAKEN.add(id)

/** What tells of a record's making and no more: how packets were chosen, why a flow ended, how long flows may be, flags that name its key. */
const HARMLESS = new Set([35, 36, 37, 136, 148, 173])

/** Elements that say a sampling rate, in a record or in options data. */
const RATE_ELEMENTS: ReadonlySet<number> = new Set([
  IE.samplingInterval,
  IE.samplerRandomInterval,
  IE.samplingPacketInterval,
  IE.samplingSize,
  IE.samplingPopulation,
  IE.samplingProbability
])

const isIana = ({ enterprise }: TemplateField): boolean => enterprise === 0 || enterprise === REVERSE_ENTERPRISE

/** The names of the elements of data templates that no field takes; `mapped` are those that a mapping file takes. */
export function unusedElements(section: Section, mapped: ReadonlySet<string>): string[] {
  const unused = new Set<string>()
  for (const { definition } of section.templates.values()) {
    if (definition.options) continue
    for (const field of openDefinition(definition).fields) {
      const { id, enterprise, length } = field
      if (length === 0 || mapped.has(`${enterprise}.${id}`) || (isIana(field) && (TAKEN.has(id) || HARMLESS.has(id)))) continue
      unused.add(elementName(id, enterprise))
    }
  }
  return [...unused]
}

/** Where templates say a sampling rate. */
export function ratePlaces(section: Section): ('records' | 'options data')[] {
  const places = new Set<'records' | 'options data'>()
  for (const { definition } of section.templates.values()) {
    if (openDefinition(definition).fields.some((field) => field.enterprise === 0 && RATE_ELEMENTS.has(field.id)))
      places.add(definition.options ? 'options data' : 'records')
  }
  return [...places]
}
