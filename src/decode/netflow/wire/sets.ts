/**
 * The sets of a NetFlow v9 or IPFIX message.
 *
 *     v9 header    := version(2) count(2) uptime(4) seconds(4) sequence(4) source id(4)             RFC 3954 section 5.1
 *     IPFIX header := version(2) length(2) export time(4) sequence(4) observation domain(4)         RFC 7011 section 3.1
 *     message      := header, set*, zeros
 *     set          := id(2) length(2, with these four bytes), template* | record*, zeros            section 3.3
 *
 * v9's count is often wrong and is not believed: the sets are walked by their lengths.
 */
import { readUint16, readUint32 } from '../../../flow/bigendian.js'
import type { ErrorKind } from '../../decoding.js'
import { trailingZeros } from './records.js'
import { type Definition, readTemplate } from './template.js'

export interface SetHeader {
  readonly version: 9 | 10
  /** a value of FlowType */
  readonly type: 'NETFLOW_V9' | 'IPFIX'
  readonly headerBytes: number
  readonly seconds: number
  /** milliseconds; NaN in IPFIX */
  readonly uptime: number
  readonly sequence: number
  readonly domain: number
  /** where the message ends: the datagram's end, or what the length in IPFIX's header says if that is less */
  readonly end: number
  /** bytes that the header announces, where they are none that it can mean: more than came, or less than itself */
  readonly wrongBytes: number | undefined
}

/** Called with the sets, in their order. */
export interface SetVisitor {
  onTemplate(definition: Definition): void
  onWithdrawal(id: number, options: boolean): void
  /**
   * A definition of that id, which data may have, came that cannot be used. `onError` was called with the reason, but where it is no more than the id,
   * behind another template: that may be padding.
   */
  onRefusal(id: number): void
  /** `[start, end)` holds the records */
  onData(templateId: number, start: number, end: number): void
  /** a set of an id that has no meaning */
  onUnknownSet(id: number): void
  onError(kind: ErrorKind, detail: string): void
}

const V9_HEADER_BYTES = 20
const IPFIX_HEADER_BYTES = 16
const SET_HEADER_BYTES = 4
/** Fewer bytes name no template: they are padding, whatever they hold. */
const ID_BYTES = 2
/** The shortest record of a template set is a withdrawal. Fewer bytes behind a template may be padding that is not zero (Cisco's WLC). */
const LEAST_TEMPLATE_BYTES = 4
/** The ids of template sets and options template sets. */
export const TEMPLATE_SETS = { 9: [0, 1], 10: [2, 3] } as const
export const FIRST_DATA_SET = 256

/** Reads the header of the message at `buf[start, end)`; undefined where it is cut. */
export function readSetHeader(buf: Buffer, start: number, end: number): SetHeader | undefined {
  const version = readUint16(buf, start)
  if (version === 9) {
    if (end - start < V9_HEADER_BYTES) return undefined
    return {
      version,
      type: 'NETFLOW_V9',
      headerBytes: V9_HEADER_BYTES,
      uptime: readUint32(buf, start + 4),
      seconds: readUint32(buf, start + 8),
      sequence: readUint32(buf, start + 12),
      domain: readUint32(buf, start + 16),
      end,
      wrongBytes: undefined
    }
  }
  if (version !== 10 || end - start < IPFIX_HEADER_BYTES) return undefined
  const length = readUint16(buf, start + 2)
  return {
    version,
    type: 'IPFIX',
    headerBytes: IPFIX_HEADER_BYTES,
    uptime: NaN,
    seconds: readUint32(buf, start + 4),
    sequence: readUint32(buf, start + 8),
    domain: readUint32(buf, start + 12),
    end: Math.min(end, start + length),
    wrongBytes: length > end - start || length < IPFIX_HEADER_BYTES ? length : undefined
  }
}

/** Walks the sets behind the header of the message at `buf[start]`. */
export function walkSets(header: SetHeader, buf: Buffer, start: number, visitor: SetVisitor): void {
  const { end, version } = header
  const zeros = trailingZeros(buf, start, end)
  const [templates, optionsTemplates] = TEMPLATE_SETS[version]
  let pos = start + header.headerBytes
  while (pos < end && pos < zeros) {
    if (end - pos < SET_HEADER_BYTES) {
      visitor.onError('malformed-set', `${end - pos} bytes behind the last set`)
      return
    }
    const id = readUint16(buf, pos)
    const length = readUint16(buf, pos + 2)
    if (length < SET_HEADER_BYTES || length > end - pos) {
      visitor.onError('malformed-set', `set ${id} of ${length} bytes where ${end - pos} are left`)
      if (id === templates || id === optionsTemplates) {
        // a length that is too small says nothing of what follows the first of them
        const most = length < SET_HEADER_BYTES ? 1 : Infinity
        refuseTemplates(version, id === optionsTemplates, buf, pos + SET_HEADER_BYTES, end, most, visitor)
      }
      return
    }
    const body = pos + SET_HEADER_BYTES
    pos += length
    if (id >= FIRST_DATA_SET) visitor.onData(id, body, pos)
    else if (id === templates || id === optionsTemplates) walkTemplates(version, id === optionsTemplates, buf, body, pos, visitor)
    else visitor.onUnknownSet(id)
  }
}

function walkTemplates(version: 9 | 10, options: boolean, buf: Buffer, pos: number, end: number, visitor: SetVisitor): void {
  const zeros = trailingZeros(buf, pos, end)
  const first = pos
  while (pos < zeros && end - pos >= ID_BYTES) {
    const record = readTemplate(version, options, buf, pos, end)
    if (record.kind === 'cut') {
      const isPadding = pos > first && end - pos < LEAST_TEMPLATE_BYTES
      if (!isPadding) visitor.onError('malformed-template', `the set ends inside ${options ? 'an options template' : 'a template'}`)
      refuse(record.id, visitor)
      return
    }
    if (record.kind === 'template') visitor.onTemplate(record.definition)
    else if (record.kind === 'withdrawal') visitor.onWithdrawal(record.id, options)
    else {
      visitor.onError('malformed-template', record.reason)
      refuse(record.id, visitor)
    }
    pos = record.end
  }
}

/** What a set that is cut defines cannot be trusted, and what it redefines no more. */
function refuseTemplates(
  version: 9 | 10,
  options: boolean,
  buf: Buffer,
  pos: number,
  end: number,
  most: number,
  visitor: SetVisitor
): void {
  for (let left = most; left > 0 && end - pos >= ID_BYTES; left--) {
    const record = readTemplate(version, options, buf, pos, end)
    if (record.kind !== 'withdrawal') refuse(record.kind === 'template' ? record.definition.id : record.id, visitor)
    if (record.kind === 'cut') return
    pos = record.end
  }
}

function refuse(id: number, visitor: SetVisitor): void {
  if (id >= FIRST_DATA_SET) visitor.onRefusal(id)
}
