/** What an options record told, in words. */
import { addressText } from '../../../text/addresses.js'
import { exporterIn, type OptionsRecord, rateIn, rateScopeIn } from './optionsrecord.js'
import { type RateScope, rateText } from './sampling.js'

const SCOPES: Record<RateScope, string> = { samplers: 'sampler', templates: 'template', lineCards: 'line card', interfaces: 'interface' }

/** `sampling rate 1000 of sampler 1, interface 9 is Ethernet1`; '' for what is of no use. */
export function optionsText(told: OptionsRecord): string {
  const { anInterface, interfaceName, interfaceDescription, vrf, vrfName, application, applicationName, systemInit } = told
  const exporter = exporterIn(told)
  const interfaceText =
    interfaceName === '' || interfaceDescription === ''
      ? interfaceName || interfaceDescription
      : `${interfaceName} (${interfaceDescription})`
  return [
    textOfRate(told),
    textOfName('interface', anInterface, interfaceText),
    textOfName('VRF', vrf, vrfName),
    textOfName('application', application, applicationName),
    exporter === undefined ? '' : `exporter ${addressText(Buffer.from(exporter, 'latin1'))}`,
    systemInit > 0 ? `boot at ${timeText(systemInit)}` : ''
  ]
    .filter((text) => text !== '')
    .join(', ')
}

function textOfRate(told: OptionsRecord): string {
  const rate = rateIn(told)
  const scope = rateScopeIn(told)
  if (rate === undefined) return ''
  const of = scope !== undefined ? ` of ${SCOPES[scope[0]]} ${scope[1]}` : told.isNarrower ? ' of a scope that no flow names' : ''
  return `sampling rate ${rateText(rate)}${of}${told.isWhole && Number.isNaN(told.scopeDomain) ? ', in all domains' : ''}`
}

const textOfName = (what: string, of: number, name: string): string => (Number.isNaN(of) || name === '' ? '' : `${what} ${of} is ${name}`)

/** Milliseconds since 1970; what no date is stays a number. */
function timeText(millis: number): string {
  return millis < MOST_MILLIS ? new Date(millis).toISOString() : `${millis} ms`
}

const MOST_MILLIS = 8.64e15
