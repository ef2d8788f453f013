/** Exporters on loopback for the soak: each sends from a socket of its own, counts what it sent, and does now and then what real ones do. */
import dgram from 'node:dgram'
import { be, type FieldSpec, ipfix, set, template, v5, v9 } from '../support/build-netflow.js'
import { buildSflowDatagram, flowSample, sampledIpv4 } from '../support/build-sflow.js'

export const KINDS = ['v5', 'v9', 'IPFIX', 'sFlow'] as const
export type Kind = (typeof KINDS)[number]

/** What was done to the collector on purpose, by name. */
export type Injected = Map<string, number>

export interface Exporter {
  readonly kind: Kind
  readonly address: string
  /** flows in all that was sent */
  flows: number
  datagrams: number
  /** Sends the next datagram. */
  send(): void
  /** Starts anew: another source port, sequence number and uptime at the beginning, data before the template. */
  restart(): void
  /** Gives the template's id another layout, in the datagram that follows. */
  redefine(): void
  /** Leaves out so many datagrams, as a network would. */
  lose(datagrams: number): void
  close(): void
}

const RECORDS = 20
const TEMPLATE_ID = 300
/** Datagrams between two that carry the template. */
const TEMPLATE_EVERY = 50
/** After a restart so many go before the first template. */
const DATA_FIRST = 5

/** Two layouts of one template: the same elements in another order, so that data read by the wrong one shows. */
const LAYOUTS: readonly (readonly FieldSpec[])[] = [
  [
    [8, 4],
    [12, 4],
    [7, 2],
    [11, 2],
    [4, 1],
    [1, 4],
    [2, 4]
  ],
  [
    [2, 4],
    [1, 4],
    [4, 1],
    [11, 2],
    [7, 2],
    [12, 4],
    [8, 4],
    [5, 1]
  ]
]

/** What every flow says, so that a value out of place is seen at the other end. */
const VALUES = new Map<number, number>([
  [8, 0xc6336401],
  [12, 0xcb007101],
  [7, 40_000],
  [11, 443],
  [4, 6],
  [1, 1500],
  [2, 3],
  [5, 0]
])
/** The same as flow-format shows it: src_addr, dst_addr, src_port, dst_port, proto, bytes, packets. */
export const EXPECTED = '198.51.100.1,203.0.113.1,40000,443,TCP,1500,3'

const recordsOf = (layout: readonly FieldSpec[]): Buffer => {
  const record = Buffer.concat(layout.map(([id, length]) => be(VALUES.get(id)!, length)))
  return set(TEMPLATE_ID, ...Array.from({ length: RECORDS }, () => record))
}
const DATA = LAYOUTS.map(recordsOf)

const SAMPLES = Array.from({ length: 5 }, () =>
  flowSample({ rate: 1, records: [sampledIpv4({ length: 1500, src: '198.51.100.1', dst: '203.0.113.1' })] })
)

export function exporter(kind: Kind, address: string, port: number): Exporter {
  let socket = dgram.createSocket('udp4').bind(0, address)
  let layout = 0
  let sequence = 0
  let sent = 0
  let booted = Date.now()
  const seconds = (): number => Math.floor(Date.now() / 1000)

  /** The next datagram, how many flows it holds and by how much the sequence number moves. */
  function next(): { bytes: Buffer; flows: number; units: number } {
    const withTemplate = sent % TEMPLATE_EVERY === DATA_FIRST
    const header = { seconds: seconds(), sequence, uptime: Date.now() - booted }
    const sets = [...(withTemplate ? [set(kind === 'v9' ? 0 : 2, template(TEMPLATE_ID, LAYOUTS[layout]))] : []), DATA[layout]]
    switch (kind) {
      case 'v5': {
        const record = { src: '198.51.100.1', dst: '203.0.113.1', srcPort: 40_000, dstPort: 443, protocol: 6, bytes: 1500, packets: 3 }
        return { bytes: v5(header, ...Array.from({ length: RECORDS }, () => record)), flows: RECORDS, units: RECORDS }
      }
      case 'v9':
        return { bytes: v9(header, ...sets), flows: RECORDS, units: 1 }
      case 'IPFIX':
        return { bytes: ipfix(header, ...sets), flows: RECORDS, units: RECORDS }
      case 'sFlow':
        return {
          bytes: buildSflowDatagram({ agent: address, sequence, uptime: header.uptime, samples: SAMPLES }),
          flows: SAMPLES.length,
          units: 1
        }
    }
  }

  const self: Exporter = {
    kind,
    address,
    flows: 0,
    datagrams: 0,
    send() {
      const { bytes, flows, units } = next()
      socket.send(bytes, port, '127.0.0.1')
      sequence = (sequence + units) >>> 0
      sent++
      self.datagrams++
      self.flows += flows
    },
    restart() {
      // what was sent last may still be on its way out
      const old = socket
      setTimeout(() => old.close(), 1000)
      socket = dgram.createSocket('udp4').bind(0, address)
      sequence = sent = 0
      booted = Date.now()
    },
    redefine() {
      layout = 1 - layout
      // the template comes in front of the first data of its layout
      sent = DATA_FIRST
    },
    lose(datagrams) {
      sequence = (sequence + datagrams * next().units) >>> 0
    },
    close() {
      socket.close()
    }
  }
  return self
}

/** One datagram from a made-up address, with a template of its own and data of it; gives its flows. */
export function spoof(random: () => number, port: number): number {
  const address = `127.${64 + (random() % 64)}.${random() % 256}.${1 + (random() % 254)}`
  const id = 256 + (random() % 60_000)
  const fields: FieldSpec[] = [
    [8, 4],
    [12, 4],
    ...Array.from({ length: random() % 40 }, (): FieldSpec => [1 + (random() % 400), 1 + (random() % 16)])
  ]
  const record = Buffer.concat(fields.map(([, length]) => Buffer.alloc(length, 1 + (random() % 255))))
  const bytes = ipfix({ domain: random() >>> 0 }, set(2, template(id, fields)), set(id, record))
  const socket = dgram.createSocket('udp4').bind(0, address)
  socket.send(bytes, port, '127.0.0.1', () => {
    socket.close()
  })
  return 1
}
