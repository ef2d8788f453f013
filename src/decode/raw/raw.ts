/** `-produce raw`: a line or a block of text per datagram, with everything in it. */
import { appendText } from '../../flow/appendable.js'
import { type Datagram, isOfConnection } from '../../flow/datagram.js'
import type { Output } from '../../flow/output.js'
import { type Protocol, SFLOW_5 } from '../../flow/protocol.js'
import { addressText } from '../../text/addresses.js'
import { instantText } from '../../text/times.js'
import { toJson, toText, type Tree } from '../../text/tree.js'
import { type DatagramType, UNKNOWN } from '../counts.js'
import type { ErrorKind } from '../decoding.js'
import type { Definitions } from '../netflow/known/definitions.js'
import { notePort } from '../netflow/known/domain.js'
import type { Exporter } from '../netflow/known/state.js'
import { type DatagramTree, legacyTree, type OnError, setsTree } from './netflow.js'
import { sflowTree } from './sflow.js'

export const RAW_FORMATS = ['json', 'text'] as const
export type RawFormat = (typeof RAW_FORMATS)[number]

export interface RawWriter {
  /** An error of the datagram that is written next: it is shown there. */
  addError(kind: ErrorKind, detail: string): void
  /**
   * Appends what a datagram holds, whose payload is `[start, end)` of the input; of no known protocol it need not be there. Returns what it counts as.
   * Templates are kept with the exporter.
   */
  write(
    datagram: Datagram,
    exporter: Exporter & { readonly name: string },
    protocol: Protocol | undefined,
    start: number,
    end: number
  ): DatagramType
}

/** `onError` is called with each error in a datagram, and has to call `addError`. */
export function rawWriter(format: RawFormat, output: Output, definitions: Definitions, onError: OnError): RawWriter {
  let errors: Tree[] = []

  function treeOf(datagram: Datagram, exporter: Exporter, protocol: Protocol | undefined, start: number, end: number): DatagramTree {
    const unknown: DatagramTree = { protocol: UNKNOWN, bytes: datagram.buf.toString('hex', datagram.payloadStart, datagram.payloadEnd) }
    if (protocol === undefined) return unknown
    const tree =
      protocol === SFLOW_5
        ? sflowTree(start, end, onError)
        : protocol.version >= 9
          ? setsTree(start, end, notePort(exporter, datagram.srcPort), isOfConnection(datagram), definitions, onError)
          : legacyTree(start, end, notePort(exporter, datagram.srcPort), onError)
    if (tree === undefined) onError('truncated', `${end - start} bytes, less than a header`)
    return tree ?? unknown
  }

  return {
    addError(kind, detail) {
      errors.push({ kind, detail })
    },
    write(datagram, exporter, protocol, start, end) {
      const { buf, dstStart, dstEnd, srcPort, dstPort } = datagram
      try {
        const tree = treeOf(datagram, exporter, protocol, start, end)
        const whole: Record<string, Tree> = {
          time_received: receivedText(datagram),
          exporter: exporter.name,
          src_port: srcPort,
          ...(dstEnd > dstStart ? { dst_addr: addressText(buf.subarray(dstStart, dstEnd)) } : {}),
          dst_port: dstPort,
          ...(isOfConnection(datagram) ? { connection: connectionText(datagram) } : {}),
          ...tree,
          ...(errors.length === 0 ? {} : { errors })
        }
        appendText(output, `${format === 'json' ? toJson(whole) : toText(whole)}\n`)
        return tree.protocol
      } finally {
        errors = []
      }
    }
  }
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
