/** Records into messages: what all records of a datagram share, and what each becomes. */
import { fieldTag, flowMessage } from '../../../flow/proto.js'
import type { Decoding } from '../../decoding.js'
import { closeLength, COMMON_AT, MOST_ROOM, reserve, outUint32, outUint64 } from '../../memory/out.js'
import { frameFieldsBound, type FrameOptions, newWalk } from '../../packet/walk.js'
import { useRecord } from '../../memory/plans.js'
import type { Domain, Port, Told } from '../known/exporter.js'
import type { Plan } from '../compile/program.js'
import { hasReverse, programOf, writeRecord } from './interpreter.js'
import type { RecordContext } from './steps.js'

/** Who sent a datagram, or a set that was held, and when it came. */
export interface Sender {
  readonly port: Port
  readonly receivedHi: number
  readonly receivedLo: number
}

export interface Emitter {
  /** what the records to come share; times, uptime and v5's rate are the caller's to set */
  readonly context: RecordContext
  /** Sets the rest of it, for records of `domain`. */
  readonly begin: (sender: Sender, type: string, sequence: number, domain: Domain, observationDomain: number) => void
  /** Appends the message of the record of so many bytes at `record` of the input, and of its other direction. `plan` is in use, its code at `codeAt`. */
  readonly emit: (plan: Plan, codeAt: number, record: number, bytes: number, decoding: Decoding) => void
}

const TAG_TYPE = fieldTag('type')
const TAG_TIME_RECEIVED_NS = fieldTag('time_received_ns')
const TAG_SEQUENCE_NUM = fieldTag('sequence_num')
const TAG_OBSERVATION_DOMAIN_ID = fieldTag('observation_domain_id')

const TYPES = new Map([...(flowMessage.field('type').names ?? [])].map(([value, name]) => [name, value]))
const typeValue = (name: string): number => TYPES.get(name)!

/** `frames`: how frames inside records are taken apart. */
export function openEmitter(frames: FrameOptions | undefined, samplerOfRecord: boolean): Emitter {
  const context: RecordContext = {
    walk: newWalk(frames),
    baseBytes: 0,
    commonBytes: 0,
    samplerOfRecord,
    sampler: '',
    exportSeconds: 0,
    exportNanos: 0,
    uptime: 0,
    domain: undefined as unknown as Domain,
    templateId: 0,
    told: undefined as unknown as Told,
    systemInitMs: 0,
    headerRate: undefined,
    defaultRate: undefined,
    fixedRate: 0,
    ratesVary: false,
    interfacesNamed: false
  }

  /** Bytes that the length of the last message took: a good guess for the next, which then need not be moved. */
  let prefix = 2

  function begin(sender: Sender, type: string, sequence: number, domain: Domain, observationDomain: number): void {
    const { port, receivedHi, receivedLo } = sender
    let pos = outUint32(COMMON_AT, TAG_TYPE, typeValue(type))
    pos = outUint64(pos, TAG_TIME_RECEIVED_NS, receivedHi, receivedLo)
    pos = outUint32(pos, TAG_SEQUENCE_NUM, sequence)
    context.baseBytes = outUint32(pos, TAG_OBSERVATION_DOMAIN_ID, observationDomain) - COMMON_AT
    context.domain = domain
    context.headerRate = undefined
    context.exportNanos = 0
    context.defaultRate = port.exporter.defaultRate
  }

  function emit(plan: Plan, codeAt: number, record: number, bytes: number, decoding: Decoding): void {
    const { messages } = decoding
    const room = plan.extraBytes + plan.growth * bytes + (frames?.plan === undefined ? 0 : frameFieldsBound(context.walk, bytes))
    if (room > MOST_ROOM) {
      decoding.report('malformed-record', `a record of ${bytes} bytes, of which the mapping file would make more than a message holds`)
      return
    }
    useRecord(record)
    const directions = plan.reverse !== undefined && hasReverse(plan) ? 2 : 1
    for (let direction = 0; direction < directions; direction++) {
      const at = reserve(messages, room)
      const start = at + prefix
      context.walk.message = start
      const end = writeRecord(plan, programOf(plan, direction === 1), codeAt, record, start, context)
      messages.pos = closeLength(at, prefix, end)
      prefix = messages.pos - at - (end - start)
      decoding.flows++
    }
  }

  return { context, begin, emit }
}
