/** Log lines on exporters, once for each: new ones, and at level debug their templates, sampling rates and names. */
import type { Log } from '../cli/log.js'
import { onceEach } from '../cli/onceeach.js'
import { plural } from '../cli/plural.js'
import type { Datagram } from '../flow/datagram.js'
import { protocolOf, protocolOfVersion } from '../flow/protocol.js'
import type { KnownExporter } from './exporters.js'
import { MAX_DATAGRAM_BYTES } from './memory/in.js'
import type { Domain } from './netflow/known/state.js'
import type { OptionsRecord } from './netflow/known/optionsrecord.js'
import { optionsText } from './netflow/known/optionstext.js'
import { type Definition, openDefinition, type Template, VARIABLE_LENGTH } from './netflow/wire/template.js'

export interface NewExporterLog {
  /** Adds an exporter, or a connection of one, at its first datagram. */
  readonly add: (exporter: KnownExporter, datagram: Datagram) => void
  /** To be called every second: logs those that were added before the last call. A reader that goes away at once, as head does, ends the tool without a line. */
  readonly tick: () => void
  /** Logs all that were added. */
  readonly flush: () => void
}

/** Logs each exporter once: `new exporter 192.0.2.1 (NetFlow v9)`; each connection too, at level debug. */
export function newExporterLog(log: Log): NewExporterLog {
  let added: string[] = []
  let due: string[] = []
  const addOnce = onceEach((line) => {
    added.push(line)
  })
  const logConnection = onceEach((line) => {
    log.debug(line)
  })

  function tick(): void {
    for (const line of due) log.info(line)
    due = added
    added = []
  }

  return {
    add({ name, key, isConnection }, { buf, payloadStart, payloadEnd, srcPort }) {
      addOnce(name, () => `new exporter ${name} (${protocolOf(buf, payloadStart, payloadEnd)?.title ?? 'no protocol that is known'})`)
      if (isConnection) logConnection(String(key), () => `new connection of ${name}, from its port ${srcPort}`)
    },
    tick,
    flush() {
      tick()
      tick()
    }
  }
}

/** What is wrong with a payload of no known protocol. */
export function unknownText(buf: Buffer, start: number, end: number): string {
  const bytes = end - start
  if (bytes > MAX_DATAGRAM_BYTES) return `${bytes} bytes, more than a datagram carries`
  return bytes === 0
    ? 'a datagram without a payload'
    : `${bytes} bytes that start with ${buf.toString('hex', start, Math.min(end, start + 4))}`
}

export interface StateLog {
  readonly onTemplate: (domain: Domain, definition: Definition) => void
  readonly onOptions: (domain: Domain, options: OptionsRecord) => void
}

/** Logs each template, and what options data says, once, at level debug. */
export function stateLog(log: Log): StateLog {
  const debugOnce = (): ((line: string) => void) => {
    const once = onceEach((line) => {
      log.debug(line)
    })
    return (line) => {
      once(line, () => line)
    }
  }
  const logTemplate = debugOnce()
  const logOptions = debugOnce()
  return {
    onTemplate(domain, definition) {
      logTemplate(`${nameOf(domain)}: ${templateText(openDefinition(definition))}`)
    },
    onOptions(domain, options) {
      const text = optionsText(options)
      if (text !== '') logOptions(`${nameOf(domain)}: ${text}`)
    }
  }
}

/** `192.0.2.1:50000 (IPFIX, domain 7)` */
function nameOf({ version, id, port: { number, exporter } }: Domain): string {
  const { name } = exporter as KnownExporter
  return `${name.includes(':') ? `[${name}]` : name}:${number} (${protocolOfVersion(version)?.title}, ${version === 9 ? 'source' : 'domain'} ${id})`
}

function templateText({ id, options, scopes, fields, leastBytes }: Template): string {
  const varies = fields.some(({ length }) => length === VARIABLE_LENGTH)
  const scoped = options ? `, ${plural(scopes, 'scope')} among them` : ''
  return `${options ? 'options template' : 'template'} ${id}: ${plural(fields.length, 'field')}${scoped}, ${plural(leastBytes, 'byte')} a record${varies ? ' or more' : ''}`
}
