/** `-produce raw`: a line or a block of text per datagram, with everything in it. */
import type { Datagram } from '../../flow/datagram.js'
import { appendText } from '../../flow/appendable.js'
import type { Output } from '../../flow/output.js'
import { protocolOf, SFLOW_5 } from '../../flow/protocol.js'
import { addressText } from '../../text/addresses.js'
import { notePort } from '../netflow/known/domain.js'
import type { Exporter } from '../netflow/known/exporter.js'
import type { NetflowCounts } from '../netflow/netflow.js'
import { legacyTree, type OnError, setsTree } from './netflow.js'
import { sflowTree } from './sflow.js'
import { instantText } from '../../text/times.js'
import { toJson, toText, type Tree } from '../../text/tree.js'

export const RAW_FORMATS = ['json', 'text'] as const
export type RawFormat = (typeof RAW_FORMATS)[number]

/** Appends what the datagram holds to `output`. */
export function writeRaw(
  datagram: Datagram,
  exporter: Exporter & { readonly name: string },
  format: RawFormat,
  now: number,
  maxTemplates: number,
  counts: NetflowCounts,
  output: Output,
  onError: OnError
): string {
  const errors: Tree[] = []
  const { tree, protocol } = payloadTree(datagram, exporter, now, maxTemplates, counts, (kind, detail) => {
    errors.push({ kind, detail })
    onError(kind, detail)
  })
  const { buf, dstStart, dstEnd } = datagram
  const whole: Record<string, Tree> = {
    time_received: receivedText(datagram),
    exporter: exporter.name,
    src_port: datagram.srcPort,
    ...(dstEnd > dstStart ? { dst_addr: addressText(buf.subarray(dstStart, dstEnd)) } : {}),
    dst_port: datagram.dstPort,
    ...(isOfConnection(datagram) ? { connection: connectionText(datagram) } : {}),
    ...tree,
    ...(errors.length === 0 ? {} : { errors })
  }
  appendText(output, `${format === 'json' ? toJson(whole) : toText(whole)}\n`)
  return protocol
}

function payloadTree(
  datagram: Datagram,
  exporter: Exporter,
  now: number,
  maxTemplates: number,
  counts: NetflowCounts,
  onError: OnError
): { tree: Record<string, Tree>; protocol: string } {
  const { buf, payloadStart: start, payloadEnd: end, srcPort } = datagram
  const protocol = end - start < 4 ? undefined : protocolOf(buf, start, end)
  let tree: Record<string, Tree> | undefined
  if (protocol === undefined) onError('unknown-protocol', `${end - start} bytes`)
  else {
    const { version } = protocol
    if (protocol === SFLOW_5) tree = sflowTree(buf, start, end, onError)
    else if (version >= 9)
      tree = setsTree(buf, start, end, notePort(exporter, srcPort), isOfConnection(datagram), now, maxTemplates, counts, onError)
    else tree = legacyTree(buf, start, end, version, notePort(exporter, srcPort), onError)
    if (tree !== undefined) return { tree, protocol: protocol.type }
    onError('truncated', `${end - start} bytes, less than a header`)
  }
  return { tree: { protocol: 'unknown', bytes: buf.toString('hex', start, end) }, protocol: 'unknown' }
}

function isOfConnection({ connectionHi, connectionLo }: Datagram): boolean {
  return connectionHi !== 0 || connectionLo !== 0
}

/** As text: JSON's numbers are not that long. */
function connectionText({ connectionHi, connectionLo }: Datagram): string {
  return String((BigInt(connectionHi) << 32n) | BigInt(connectionLo))
}

/** The time of receipt as RFC 3339; BigInt is exact, and quick enough for what people read. */
function receivedText({ receivedHi, receivedLo }: Datagram): string {
  const nanos = (BigInt(receivedHi) << 32n) | BigInt(receivedLo)
  return instantText({ seconds: Number(nanos / 1_000_000_000n), nanos: Number(nanos % 1_000_000_000n) })
}
