/**
 * A transport session (RFC 7011 section 2): the definitions that one target was sent, and its sequence numbers. A session that is new has
 * no template: each domain is defined in it before its first message.
 */
import type { Domain, FlowExport, Message } from './export.js'
import { writeUint32 } from '../../flow/bigendian.js'

/** Where the sequence number stands in a message's header. */
const SEQUENCE_AT = 8

export interface Session {
  /** Gives `transmit` the message, behind all that has to be defined before it. */
  send(message: Message): void
  /** All is defined again before the next message of each domain. */
  defineAgain(): void
  /** Begins anew, as on a new connection: with what that defines, and at sequence number 0. */
  begin(): void
}

/** `transmit` gets each message with its sequence number in it, to be copied before it returns. */
export function sessionOf(exporting: Pick<FlowExport, 'definitions'>, transmit: (message: Message) => void): Session {
  // weak: a domain that is forgotten is never another's
  let sequences = new WeakMap<Domain, number>()
  let defined = new WeakSet<Domain>()

  function number(message: Message): void {
    const { domain, bytes, records } = message
    // of all data records before it (RFC 7011 section 3.1)
    const sequence = sequences.get(domain) ?? 0
    writeUint32(bytes, SEQUENCE_AT, sequence)
    sequences.set(domain, (sequence + records) >>> 0)
    transmit(message)
  }

  return {
    send(message) {
      const { domain, defines } = message
      if (!defined.has(domain)) {
        defined.add(domain)
        exporting.definitions(domain, number)
        if (defines) return // that is among them
      }
      number(message)
    },
    defineAgain() {
      defined = new WeakSet()
    },
    begin() {
      defined = new WeakSet()
      sequences = new WeakMap()
    }
  }
}
