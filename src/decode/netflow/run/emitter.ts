/** Records into messages: what all records of a data set share, and what each becomes. */
import { fieldTag, flowMessage } from '../../../flow/proto.js'
import type { Decoding } from '../../decoding.js'
import { closeLength, COMMON_AT, MOST_ROOM, outLetters, outUint32, outUint64, reserve } from '../../memory/out.js'
import { frameFieldsBound, type FrameOptions, newWalk } from '../../packet/walk.js'
import { EXTRA_BYTES } from '../compile/compile.js'
import type { Plan } from '../compile/plan.js'
import type { RecordContext } from '../fields/context.js'
import type { Export } from '../fields/export.js'
import { setRates } from '../fields/rates.js'
import { hasNames, originalExporterOf, systemInitOf, optionsDataOf } from '../known/standin.js'
import type { Instant } from '../wire/instants.js'
import type { OnRecord } from '../wire/records.js'
import { hasReverse, programOf, writeRecord } from './interpreter.js'

export interface Emitter {
  /** What appends the message of a record, and of its other direction, until the next data set: of records of `plan` that came with `datagram`. */
  records(datagram: Export, plan: Plan, decoding: Decoding): OnRecord
}

const TAG_TYPE = fieldTag('type')
const TAG_TIME_RECEIVED_NS = fieldTag('time_received_ns')
const TAG_SEQUENCE_NUM = fieldTag('sequence_num')
const TAG_OBSERVATION_DOMAIN_ID = fieldTag('observation_domain_id')
const TAG_SAMPLER_ADDRESS = fieldTag('sampler_address')

const TYPES = new Map([...(flowMessage.field('type').names ?? [])].map(([value, name]) => [name, value]))

/** `frames`: how frames inside records are taken apart. `samplerOfRecord`: the address that records and options data give goes before the datagram's source. */
export function openEmitter(frames: FrameOptions | undefined, samplerOfRecord: boolean): Emitter {
  const walk = newWalk(frames)
  const start: Instant = { millis: 0, nanos: 0 }
  const end: Instant = { millis: 0, nanos: 0 }
  let context: RecordContext
  let plan: Plan
  let decoding: Decoding

  /** Bytes that the length of the last message took: a good guess for the next, which then need not be moved. */
  let prefix = 2

  function emit(record: number, recordEnd: number): void {
    const bytes = recordEnd - record
    const room = EXTRA_BYTES + plan.growth * bytes + (frames?.plan === undefined ? 0 : frameFieldsBound(walk, bytes))
    if (room > MOST_ROOM) {
      decoding.report('malformed-record', `a record of ${bytes} bytes, of which the mapping file would make more than a message holds`)
      return
    }
    emitDirection(record, room, false)
    if (hasReverse(plan, record)) emitDirection(record, room, true)
  }

  function emitDirection(record: number, room: number, isReverse: boolean): void {
    const { messages } = decoding
    const at = reserve(messages, room)
    walk.message = at + prefix
    const pos = writeRecord(plan, programOf(plan, record, isReverse), record, at + prefix, context)
    messages.pos = closeLength(at, prefix, pos)
    prefix = messages.pos - pos + prefix
    messages.flows++
  }

  return {
    records(datagram, of, into) {
      const { domain } = datagram
      const { exporter } = domain.port
      const optionsData = optionsDataOf(domain)
      const sampler = (samplerOfRecord ? originalExporterOf(domain) : '') || exporter.address
      plan = of
      decoding = into
      context = {
        export: datagram,
        templateId: of.template.id,
        walk,
        commonBytes: outCommonFields(datagram, of.writesSampler ? '' : sampler),
        sampler,
        defaultRate: exporter.defaultRate,
        optionsData,
        systemInitMs: systemInitOf(domain),
        fixedRate: 0,
        ratesVary: false,
        interfacesNamed: hasNames(optionsData.interfaces),
        start,
        end
      }
      setRates(context)
      return emit
    }
  }
}

/** Writes the fields that every message of the data set starts with; returns their bytes. */
function outCommonFields({ type, receivedHi, receivedLo, sequence, observationDomain }: Export, sampler: string): number {
  let pos = outUint32(COMMON_AT, TAG_TYPE, TYPES.get(type)!)
  pos = outUint64(pos, TAG_TIME_RECEIVED_NS, receivedHi, receivedLo)
  pos = outUint32(pos, TAG_SEQUENCE_NUM, sequence)
  pos = outUint32(pos, TAG_OBSERVATION_DOMAIN_ID, observationDomain)
  return outLetters(pos, TAG_SAMPLER_ADDRESS, sampler) - COMMON_AT
}
