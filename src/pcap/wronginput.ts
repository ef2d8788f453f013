/** What to say of an input that is not what the options promise. */
import { frameReader } from '../flow/frames.js'
import { foreignFile, isCapture, isIpfix, isPayload, messageKind } from '../flow/streamkind.js'

/** An input is something else than the options promise; the message goes on after its name. */
export class WrongInputError extends Error {}

/** Throws what to say of bytes that are no capture, from the first of them (none: there are none). */
export function refuseNoCapture(head: Buffer): never {
  if (head.length === 0) throw new WrongInputError('is empty: not even the header of a capture')
  const advice = foreignFile(head) ?? OTHERS.find(({ is }) => is(head))?.advice
  throw new WrongInputError(advice ?? 'is no capture: it starts as neither pcap, pcapng nor gzip does')
}

/** Throws where the first bytes of what is too long for a payload are an IPFIX message's. */
export function refuseIpfix(head: Buffer): void {
  if (isIpfix(head)) throw new WrongInputError('is more than a datagram can carry; it starts as an IPFIX message does: try -ipfix')
}

/** Throws where the first bytes of what should be a payload or an IPFIX file are a capture's. */
export function refuseCapture(head: Buffer): void {
  if (isCapture(head)) throw new WrongInputError('is a capture: leave out -raw and -ipfix')
}

const starts =
  (hex: string): ((head: Buffer) => boolean) =>
  (head) =>
    head.toString('hex', 0, hex.length / 2) === hex

const OTHERS: readonly { is: (head: Buffer) => boolean; advice: string }[] = [
  { is: starts('28b52ffd'), advice: 'is compressed with zstd: try zstd -dc FILE | flow-pcap' },
  { is: starts('fd377a58'), advice: 'is compressed with xz: try xz -dc FILE | flow-pcap' },
  { is: starts('425a68'), advice: 'is compressed with bzip2: try bzip2 -dc FILE | flow-pcap' },
  { is: starts('04224d18'), advice: 'is compressed with lz4: try lz4 -dc FILE | flow-pcap' },
  { is: starts('736e6f6f70'), advice: 'is a capture of another format (snoop): try editcap -F pcapng FILE - | flow-pcap' },
  {
    is: (head) => starts('a1b2cd34')(head) || starts('34cdb2a1')(head),
    advice: 'is a capture of another format (modified pcap): try editcap -F pcapng FILE - | flow-pcap'
  },
  { is: (head) => firstKind(head) === 'Datagram', advice: 'carries datagrams already: leave flow-pcap out, and give it to flow-decode' },
  {
    is: (head) => firstKind(head) === 'FlowMessage',
    advice: 'carries flows that are decoded already: give it to flow-format, flow-enrich or flow-kafka'
  },
  { is: isIpfix, advice: 'is no capture; it starts as an IPFIX message does: try -ipfix' },
  { is: isPayload, advice: "is no capture; it starts as a datagram's payload does: try -raw" }
]

/** The kind of the first frame, where the bytes are a stream between the tools. */
function firstKind(head: Buffer): ReturnType<typeof messageKind> {
  let kind: ReturnType<typeof messageKind>
  let first = true
  try {
    frameReader((buf, start, end) => {
      if (first) kind = messageKind(buf.subarray(start, end))
      first = false
    }).push(head)
  } catch {
    // no stream of frames
  }
  return kind
}
