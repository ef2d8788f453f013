/** NetFlow and IPFIX datagrams in the input as trees: header, sets, templates, records of data and options. */
import { instantText } from '../../text/times.js'
import type { Tree } from '../../text/tree.js'
import type { DatagramType } from '../counts.js'
import type { Decoding } from '../decoding.js'
import { inputBytes, inU16 } from '../memory/in.js'
import type { Definitions } from '../netflow/known/definitions.js'
import { domainOf, keptDomain } from '../netflow/known/domain.js'
import type { Port } from '../netflow/known/state.js'
import { templateOf } from '../netflow/known/standin.js'
import { templateFor } from '../netflow/known/lifecycle.js'
import { forEachLegacyRecord, readLegacyHeader } from '../netflow/wire/legacy.js'
import { forEachRecord } from '../netflow/wire/records.js'
import { readSetHeader, TEMPLATE_SETS, walkSets } from '../netflow/wire/sets.js'
import { openDefinition, type Template, VARIABLE_LENGTH } from '../netflow/wire/template.js'
import { fieldName, recordTree } from './elements.js'

/** What a datagram holds, its protocol (a value of FlowType, or `unknown`) among it. */
export type DatagramTree = Record<string, Tree> & { readonly protocol: DatagramType }

/** Called with each error in the datagram. */
export type OnError = Decoding['report']

const buf = inputBytes()

/** v1, v5 and v7 in `[start, end)`; undefined where the header is cut. */
export function legacyTree(start: number, end: number, port: Port, onError: OnError): DatagramTree | undefined {
  const header = readLegacyHeader(buf, start, end)
  if (header === undefined) return undefined
  const { layout, count, uptime, seconds, nanos, sequence, engineType, engineId, samplingMode, samplingInterval } = header
  const version = inU16(start)
  const domain = domainOf(port, version, 0)
  const records: Tree[] = []
  const onRecord = (at: number): void => {
    const record = recordTree(layout.template, at, domain)
    delete record.paddingOctets
    records.push(record)
  }
  forEachLegacyRecord(header, start, end, onRecord, onError)
  return {
    protocol: layout.type,
    version,
    count,
    uptime,
    export_time: instantText({ seconds, nanos }),
    ...(version === 1 ? {} : { sequence }),
    ...(version === 5
      ? { engine_type: engineType, engine_id: engineId, sampling_mode: samplingMode, sampling_interval: samplingInterval }
      : {}),
    records
  }
}

/** v9 and IPFIX in `[start, end)`; undefined where the header is cut. Templates are kept with the exporter; on a connection, withdrawals act. */
export function setsTree(
  start: number,
  end: number,
  port: Port,
  isConnection: boolean,
  definitions: Definitions,
  onError: OnError
): DatagramTree | undefined {
  const header = readSetHeader(buf, start, end)
  if (header === undefined) return undefined
  const { version, type, uptime, sequence, seconds } = header
  let domain = domainOf(port, version, header.domain)
  const sets: Record<string, Tree>[] = []
  if (header.wrongBytes !== undefined) onError('truncated', `${header.wrongBytes} bytes announced, ${end - start} there`)
  walkSets(header, buf, start, {
    onTemplate(definition) {
      domain = keptDomain(domain)
      definitions.define(domain, definition)
      addTemplate(sets, openDefinition(definition))
    },
    onWithdrawal(id, options) {
      definitions.withdraw(domain, id, options, isConnection)
      sets.push({ set: templateSetId(version, options), withdrawal: id })
    },
    onRefusal(id) {
      definitions.refuse(domain, id)
      domain = keptDomain(domain)
    },
    onData(id, from, until) {
      const node = templateOf(domain, id)
      if (node === undefined) {
        onError('template-not-found', `no template ${id}`)
        sets.push({ set: id, bytes: buf.toString('hex', from, until) })
        return
      }
      const template = templateFor(node)
      definitions.use(node)
      const records: Tree[] = []
      const onRecord = (at: number): void => {
        records.push(recordTree(template, at, domain))
      }
      forEachRecord(template, buf, from, until, onRecord, onError)
      sets.push({ set: id, [template.options ? 'options' : 'records']: records })
    },
    onUnknownSet(id) {
      definitions.counts.unknownSets++
      sets.push({ set: id })
    },
    onError
  })
  const common = { export_time: instantText({ seconds, nanos: 0 }), sequence }
  const second = inU16(start + 2)
  return version === 9
    ? { protocol: type, version, count: second, uptime, ...common, source_id: header.domain, sets }
    : { protocol: type, version, length: second, ...common, observation_domain_id: header.domain, sets }
}

function templateSetId(version: 9 | 10, options: boolean): number {
  return TEMPLATE_SETS[version][options ? 1 : 0]
}

/** Templates that follow one another stand in one set, as far as one can tell. */
function addTemplate(sets: Record<string, Tree>[], template: Template): void {
  const set = templateSetId(template.version, template.options)
  const fields = template.fields.map(({ id, enterprise, length }, index) => ({
    name: fieldName(template, index),
    id,
    ...(enterprise === 0 ? {} : { enterprise }),
    length: length === VARIABLE_LENGTH ? 'variable' : length
  }))
  const tree: Tree = template.options
    ? { id: template.id, scopes: fields.slice(0, template.scopes), fields: fields.slice(template.scopes) }
    : { id: template.id, fields }
  const last = sets.at(-1)
  if (last?.set === set && Array.isArray(last.templates)) last.templates.push(tree)
  else sets.push({ set, templates: [tree] })
}
