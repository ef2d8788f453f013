/** NetFlow and IPFIX datagrams as trees: header, sets, templates, records of data and options. */
import { readUint16, readUint32 } from '../../flow/bigendian.js'
import type { Decoding } from '../decoding.js'
import { domainOf, keptDomain } from '../netflow/known/domain.js'
import type { Port } from '../netflow/known/exporter.js'
import { legacyOf } from '../netflow/compile/legacy.js'
import type { NetflowCounts } from '../netflow/netflow.js'
import { forEachRecord } from '../netflow/wire/records.js'
import { readSetHeader, type SetHeader, walkSets } from '../netflow/wire/sets.js'
import { openDefinition, type Template, VARIABLE_LENGTH } from '../netflow/wire/template.js'
import { templateOf } from '../netflow/known/standin.js'
import { defineTemplate, refuseTemplate, templateFor, useTemplate, withdrawTemplates } from '../netflow/known/templates.js'
import { fieldName, recordTree } from './elements.js'
import { instantText } from '../../text/times.js'
import type { Tree } from '../../text/tree.js'

/** Called with each error in the datagram. */
export type OnError = Decoding['report']

const timeText = (seconds: number, nanos = 0): string => instantText({ seconds, nanos })

/** v1, v5 and v7; undefined where the header is cut. */
export function legacyTree(
  buf: Buffer,
  start: number,
  end: number,
  version: number,
  port: Port,
  onError: OnError
): Record<string, Tree> | undefined {
  const count = readUint16(buf, start + 2)
  const { template, headerBytes, recordBytes, type } = legacyOf(version, count, end - start)
  if (end - start < headerBytes) return undefined
  const tree: Record<string, Tree> = {
    protocol: type,
    version,
    count,
    uptime: readUint32(buf, start + 4),
    export_time: timeText(readUint32(buf, start + 8), Math.min(readUint32(buf, start + 12), 999_999_999))
  }
  if (version !== 1) tree.sequence = readUint32(buf, start + 16)
  if (version === 5) {
    tree.engine_type = buf[start + 20]
    tree.engine_id = buf[start + 21]
    tree.sampling_mode = buf[start + 22] >> 6
    tree.sampling_interval = readUint16(buf, start + 22) & 0x3fff
  }
  const domain = domainOf(port, version, 0)
  const records: Tree[] = []
  for (let pos = start + headerBytes; records.length < count && pos + recordBytes <= end; pos += recordBytes) {
    const record = recordTree(template, buf, pos, domain)
    delete record.paddingOctets
    records.push(record)
  }
  if (records.length < count) onError('truncated', `${count} records announced, ${records.length} there`)
  tree.records = records
  return tree
}

/** v9 and IPFIX; undefined where the header is cut. Templates are kept with the exporter; on a connection, withdrawals act. */
export function setsTree(
  buf: Buffer,
  start: number,
  end: number,
  port: Port,
  isConnection: boolean,
  now: number,
  maxTemplates: number,
  counts: NetflowCounts,
  onError: OnError
): Record<string, Tree> | undefined {
  const header = readSetHeader(buf, start, end)
  if (header === undefined) return undefined
  let domain = domainOf(port, header.version, header.domain)
  const sets: Record<string, Tree>[] = []
  if (header.wrongBytes !== undefined) onError('truncated', `${header.wrongBytes} bytes announced, ${end - start} there`)
  walkSets(header, buf, start, {
    onTemplate(definition) {
      domain = keptDomain(domain)
      const { changed, evicted } = defineTemplate(domain, definition, now, maxTemplates)
      counts.templates++
      if (changed) counts.changes++
      counts.templatesEvicted += evicted
      addTemplate(sets, header, openDefinition(definition))
    },
    onWithdrawal(id, options) {
      if (isConnection) withdrawTemplates(domain, id, options)
      sets.push({ set: templateSetId(header, options), withdrawal: id })
    },
    onRefusal(id) {
      if (refuseTemplate(domain, id)) counts.changes++
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
      counts.templatesEvicted += useTemplate(node, now)
      const records: Tree[] = []
      const addRecord = (start: number): void => {
        records.push(recordTree(template, buf, start, domain))
      }
      forEachRecord(template, buf, from, until, addRecord, onError)
      sets.push({ set: id, [template.options ? 'options' : 'records']: records })
    },
    onUnknownSet(id) {
      sets.push({ set: id })
    },
    onError
  })
  const common = { export_time: timeText(header.seconds), sequence: header.sequence }
  return header.version === 9
    ? {
        protocol: 'NETFLOW_V9',
        version: 9,
        count: readUint16(buf, start + 2),
        uptime: header.uptime,
        ...common,
        source_id: header.domain,
        sets
      }
    : { protocol: 'IPFIX', version: 10, length: readUint16(buf, start + 2), ...common, observation_domain_id: header.domain, sets }
}

function templateSetId({ version }: SetHeader, options: boolean): number {
  return (version === 9 ? 0 : 2) + (options ? 1 : 0)
}

/** Templates that follow one another stand in one set, as far as one can tell. */
function addTemplate(sets: Record<string, Tree>[], header: SetHeader, template: Template): void {
  const set = templateSetId(header, template.options)
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
