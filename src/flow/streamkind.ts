/** The kinds of streams by their first bytes, so that a tool that reads the wrong kind can name the tool to put in between. */
import { fieldCursor, nextField } from './message.js'
import { counterMessage, datagramMessage, flowMessage } from './proto.js'
import { readVarint } from './varint.js'

export type StreamKind = 'Datagram' | 'FlowMessage' | 'CounterSample'

/** What makes a stream of a kind, or a capture, and what shows it to people. */
export const SOURCES: Readonly<Record<StreamKind | 'capture', string>> = {
  Datagram: 'flow-listen',
  FlowMessage: 'flow-listen | flow-decode',
  CounterSample: 'flow-listen | flow-decode -counters /dev/stdout',
  capture: 'tcpdump -U --immediate-mode -w - udp port 2055'
}
export const VIEWERS: Readonly<Record<StreamKind | 'capture' | 'arrow', string>> = {
  Datagram: 'flow-decode | flow-format',
  FlowMessage: 'flow-format',
  CounterSample: 'flow-format',
  capture: 'tcpdump -r -',
  arrow: 'flow-format'
}

const COUNTER_NUMBERS = new Set(counterMessage.map(({ number }) => number))

/** The kind that has a field of this number (the kinds share none); undefined where none has. */
function kindWith(field: number): StreamKind | undefined {
  if (flowMessage.byNumber(field) !== undefined) return 'FlowMessage'
  if (datagramMessage.byNumber(field) !== undefined) return 'Datagram'
  return COUNTER_NUMBERS.has(field) ? 'CounterSample' : undefined
}

/** The kind of a message by the first of its fields that a kind knows, a flow where none does; undefined where it is no protobuf, or has no field. */
export function messageKind(message: Buffer): StreamKind | undefined {
  const cursor = fieldCursor()
  let kind: StreamKind | undefined
  while (nextField(message, message.length, cursor)) kind ??= kindWith(cursor.field)
  if (cursor.pos === 0 || cursor.pos < message.length) return undefined
  return kind ?? 'FlowMessage'
}

/**
 * What to say of a stream that should be of one of `kinds`, from its first bytes and its first message (undefined: no message could be cut off);
 * `tool` is the command that reads it, which may take lines of text as well (`takesLines`), and `file` what it reads; undefined: stdin. Undefined where
 * all is well or nothing is known.
 */
export function otherKind(
  tool: string,
  file: string | undefined,
  kinds: readonly StreamKind[],
  takesLines: boolean,
  head: Buffer,
  message: Buffer | undefined
): string | undefined {
  const foreign = foreignFile(head)
  if (foreign !== undefined) return foreign
  const found = message === undefined ? undefined : messageKind(message)
  if (found !== undefined && kinds.includes(found)) return undefined
  if (found === 'Datagram') return `carries datagrams, not flows: put flow-decode in between, as in flow-listen | flow-decode | ${tool}`
  if (found === 'FlowMessage') return 'carries flows that are decoded already, not datagrams: leave flow-decode out'
  const takesDatagrams = kinds.includes('Datagram')
  if (found === 'CounterSample')
    return `carries sFlow counters, not ${takesDatagrams ? 'datagrams' : 'flows'}: flow-format (json, text, csv, table) and flow-kafka take them`
  const via = (...options: string[]): string =>
    [['flow-pcap', ...options, ...(file === undefined ? [] : [file])].join(' '), ...(takesDatagrams ? [] : ['flow-decode']), tool].join(
      ' | '
    )
  if (isCapture(head)) return `is a capture file: put flow-pcap in between, as in ${via()}`
  if (head[0] === 0x1f && head[1] === 0x8b) {
    const kind = takesDatagrams ? 'datagrams' : 'flows'
    return `is gzip: ${file === undefined ? 'zcat' : `zcat ${file}`} | ${tool} reads ${kind}; if it is a capture, put flow-pcap in between, as in ${via()}`
  }
  if (head[0] === 0x7b || head[0] === 0x5b)
    return takesLines
      ? 'is JSON text: -format json sends its lines'
      : 'is JSON text, not a stream of messages: the tools exchange protobuf, flow-format makes text at the end'
  if (isIpfix(head)) return `is IPFIX messages, as RFC 5655 has them in files: put flow-pcap -ipfix in between, as in ${via('-ipfix')}`
  if (isPayload(head)) return `is the bare payload of a datagram: put flow-pcap -raw in between, as in ${via('-raw')}`
  if (isText(head))
    return takesLines
      ? 'is text: -format text sends its lines'
      : 'is text, not a stream of messages: the tools exchange protobuf, flow-format makes text at the end'
  if (message !== undefined) return 'is no stream of messages: the first one is no protobuf'
  return undefined
}

/**
 * What to say of a file that other programs keep flows in, from its first bytes; undefined where it is none. As a stream they would be a message
 * that begins with a field of 4 or 8 bytes, which no kind has there, or one that is too long:
 *
 *     Parquet := "PAR1" …
 *     Arrow   := "ARROW1" … or, as a stream, 0xffffffff (4) length (4) …
 *     nfcapd  := 0xa50c (2) version: 1 or 2 (2) …                    little endian
 */
export function foreignFile(head: Buffer): string | undefined {
  const first = head.toString('hex', 0, 4)
  if (first === '50415231') return 'is Parquet: flow-store -read -dir DIR reads it'
  if (head.toString('latin1', 0, 6) === 'ARROW1' || (first === 'ffffffff' && isMetadataLength(head)))
    return 'is Arrow: polars, pandas and DuckDB read it; for the tools, keep the flows that it was made of'
  if (first === '0ca50100' || first === '0ca50200') return 'is a file of nfcapd: nfdump reads it'
  return undefined
}

/** Whether Arrow's metadata may be so long: some bytes, in eights, and less than 16 MiB. */
function isMetadataLength(head: Buffer): boolean {
  const length = head.length < 8 ? 0 : head.readUInt32LE(4)
  return length > 0 && length % 8 === 0 && length < 1 << 24
}

/** A newline, and the length of a frame of ten bytes. */
const NEWLINE = 0x0a

/** Whether the frame that ends at `buf[end]` is followed by a newline and another message, and not by a frame of ten bytes. */
export function hasNewlines(buf: Buffer, end: number): boolean {
  const cursor = { pos: 0, lo: 0, hi: 0 }
  if (buf[end] !== NEWLINE || !readVarint(buf, end + 1, buf.length, cursor)) return false
  const next = buf.subarray(cursor.pos, cursor.pos + cursor.lo)
  return next.length === cursor.lo && messageKind(next) !== undefined && messageKind(buf.subarray(end + 1, end + 1 + NEWLINE)) === undefined
}

function isText(head: Buffer): boolean {
  return head.length >= 4 && head.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d)
}

/** Whether these are the first bytes of an IPFIX message. */
export function isIpfix(head: Buffer): boolean {
  return head.toString('hex', 0, 2) === '000a'
}

/** Whether these are the first bytes of a payload of NetFlow or sFlow. */
export function isPayload(head: Buffer): boolean {
  const first = head.toString('hex', 0, 4)
  return ['0001', '0005', '0007', '0009', '00000005'].some((version) => first.startsWith(version))
}

const CAPTURE_MAGICS = ['a1b2c3d4', 'd4c3b2a1', 'a1b23c4d', '4d3cb2a1', '0a0d0d0a']

/** Whether these are the first bytes of a pcap or pcapng file. */
export function isCapture(head: Buffer): boolean {
  return CAPTURE_MAGICS.includes(head.subarray(0, 4).toString('hex'))
}
