/** An options record in words. */
import { addressText } from '../../../text/addresses.js'
import { exporterIn, type OptionsRecord, rateIn, rateScopeIn } from './optionsrecord.js'
import { type RateScope, rateText } from './sampling.js'

const SCOPES: Record<RateScope, string> = { samplers: 'sampler', templates: 'template', lineCards: 'line card', interfaces: 'interface' }

/** `sampling rate 1000 of sampler 1, interface 9 is Ethernet1`; '' for one of which nothing is used. */
export function optionsText(options: OptionsRecord): string {
  const { anInterface, interfaceName, interfaceDescription, vrf, vrfName, application, applicationName, systemInit } = options
  const exporter = exporterIn(options)
  const interfaceText =
    interfaceName === '' || interfaceDescription === ''
      ? interfaceName || interfaceDescription
      : `${interfaceName} (${interfaceDescription})`
  return [
    textOfRate(options),
    textOfName('interface', anInterface, interfaceText),
    textOfName('VRF', vrf, vrfName),
    textOfName('application', application, applicationName),
    exporter === undefined ? '' : `exporter ${addressText(Buffer.from(exporter, 'latin1'))}`,
    systemInit > 0 ? `boot at ${timeText(systemInit)}` : ''
  ]
    .filter((text) => text !== '')
    .join(', ')
}

function textOfRate(options: OptionsRecord): string {
  const rate = rateIn(options)
  const scope = rateScopeIn(options)
  if (rate === undefined) return ''
  const of = scope !== undefined ? ` of ${SCOPES[scope[0]]} ${scope[1]}` : options.isNarrower ? ' of a scope that no flow names' : ''
  return `sampling rate ${rateText(rate)}${of}${options.isWhole && Number.isNaN(options.scopeDomain) ? ', in all domains' : ''}`
}

const textOfName = (what: string, of: number, name: string): string => (Number.isNaN(of) || name === '' ? '' : `${what} ${of} is ${name}`)

/** Milliseconds since 1970; beyond what a date can be, the number. */
function timeText(millis: number): string {
  return millis < MOST_MILLIS ? new Date(millis).toISOString() : `${millis} ms`
}

const MOST_MILLIS = 8.64e15
