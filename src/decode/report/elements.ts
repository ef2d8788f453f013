/** Which elements of templates fill a field of FlowMessage, or help to. */
import { elementName, elementOf, REVERSE_ENTERPRISE } from '../../schema/elements.js'
import { elementsOf, RULES } from '../netflow/compile/field-rules.js'
import { DURATION_IDS, END_IDS, START_IDS } from '../netflow/compile/timeelements.js'
import { EXPORTER_ELEMENTS } from '../netflow/known/originalexporter.js'
import { RATE_ELEMENTS } from '../netflow/known/rateelements.js'
import { IE } from '../netflow/wire/ie.js'
import { openDefinition, type TemplateField } from '../netflow/wire/template.js'
import type { Section } from './section.js'

/** Elements that the decoder reads, of records or of options data; a test finds all that it names here. */
export const TAKEN: ReadonlySet<number> = new Set([
  ...RULES.flatMap((rule) => [...elementsOf(rule), ...(rule.as === 'counter' && rule.section !== 'one' ? rule.section : [])]),
  ...[...START_IDS, ...END_IDS, ...DURATION_IDS, IE.systemInitTimeMilliseconds],
  ...[...RATE_ELEMENTS, IE.samplerId, IE.selectorId, ...EXPORTER_ELEMENTS, IE.ethernetType, IE.ipVersion, IE.paddingOctets],
  ...[IE.ipHeaderPacketSection, IE.dataLinkFrameSection, IE.layer2packetSectionData, IE.responderOctets, IE.responderPackets],
  ...[IE.interfaceName, IE.interfaceDescription, IE.VRFname, IE.applicationName],
  ...[IE.lineCardId, IE.meteringProcessId, IE.exportingProcessId, IE.templateId, IE.observationDomainId]
])

/** What tells of a record's making and no more: how packets were chosen, why a flow ended, how long flows may be, flags that name its key. */
const HARMLESS = [IE.samplingAlgorithm, IE.flowActiveTimeout, IE.flowIdleTimeout, IE.flowEndReason, IE.flowId, IE.flowKeyIndicator]

/** Whether the element says a sampling rate, and not only how to read others that do. */
const saysRate = (id: number): boolean => RATE_ELEMENTS.includes(id) && id !== IE.selectorAlgorithm && id !== IE.samplingPacketSpace

const isIana = ({ enterprise }: TemplateField): boolean => enterprise === 0 || enterprise === REVERSE_ENTERPRISE

export interface UnusedElement {
  readonly name: string
  /** the name with the element's number, for a mapping file */
  readonly numbered: string
}

/** The elements of data templates that no field takes; `mapped` are those that a mapping file takes. */
export function unusedElements(section: Section, mapped: ReadonlySet<string>): UnusedElement[] {
  const unused = new Map<string, UnusedElement>()
  for (const { definition } of section.templates.values()) {
    if (definition.options) continue
    for (const field of openDefinition(definition).fields) {
      const { id, enterprise, length } = field
      if (length === 0 || mapped.has(`${enterprise}.${id}`) || (isIana(field) && (TAKEN.has(id) || HARMLESS.includes(id)))) continue
      const name = elementName(id, enterprise)
      const pen = enterprise === 0 ? '' : `, pen ${enterprise}`
      unused.set(name, { name, numbered: elementOf(id, enterprise) === undefined ? name : `${name} (${id}${pen})` })
    }
  }
  return [...unused.values()]
}

/** Where templates say a sampling rate. */
export function ratePlaces(section: Section): ('records' | 'options data')[] {
  const places = new Set<'records' | 'options data'>()
  for (const { definition } of section.templates.values()) {
    if (openDefinition(definition).fields.some((field) => field.enterprise === 0 && saysRate(field.id)))
      places.add(definition.options ? 'options data' : 'records')
  }
  return [...places]
}
