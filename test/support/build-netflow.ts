/** Builds NetFlow and IPFIX datagrams for tests and the bench. */

/** Big-endian bytes of a number. */
export function be(value: number | bigint, bytes: number): Buffer {
  const buf = Buffer.alloc(bytes)
  let rest = BigInt(value)
  for (let i = bytes - 1; i >= 0; i--) {
    buf[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  return buf
}

export function ipv4(text: string): Buffer {
  return Buffer.from(text.split('.').map(Number))
}

/** A template's field: element, length (65535: variable), enterprise. */
export type FieldSpec = readonly [id: number, length: number, enterprise?: number]

function fieldSpec([id, length, enterprise]: FieldSpec): Buffer {
  return enterprise === undefined
    ? Buffer.concat([be(id, 2), be(length, 2)])
    : Buffer.concat([be(id | 0x8000, 2), be(length, 2), be(enterprise, 4)])
}

export function set(id: number, ...body: Buffer[]): Buffer {
  const bytes = Buffer.concat(body)
  return Buffer.concat([be(id, 2), be(bytes.length + 4, 2), bytes])
}

export function template(id: number, fields: readonly FieldSpec[]): Buffer {
  return Buffer.concat([be(id, 2), be(fields.length, 2), ...fields.map(fieldSpec)])
}

export function optionsTemplate9(id: number, scopes: readonly FieldSpec[], options: readonly FieldSpec[]): Buffer {
  return Buffer.concat([be(id, 2), be(scopes.length * 4, 2), be(options.length * 4, 2), ...[...scopes, ...options].map(fieldSpec)])
}

export function optionsTemplate10(id: number, scopes: readonly FieldSpec[], options: readonly FieldSpec[]): Buffer {
  return Buffer.concat([be(id, 2), be(scopes.length + options.length, 2), be(scopes.length, 2), ...[...scopes, ...options].map(fieldSpec)])
}

/** A value of variable length; `long` forces the three-byte form. */
export function variable(value: Buffer, long = false): Buffer {
  return value.length < 255 && !long ? Buffer.concat([be(value.length, 1), value]) : Buffer.concat([be(255, 1), be(value.length, 2), value])
}

export interface Header9 {
  uptime?: number
  seconds?: number
  sequence?: number
  domain?: number
  count?: number
}

export function v9(
  { uptime = 1_000_000, seconds = 1_700_000_000, sequence = 1, domain = 0, count = 1 }: Header9,
  ...sets: Buffer[]
): Buffer {
  return Buffer.concat([be(9, 2), be(count, 2), be(uptime, 4), be(seconds, 4), be(sequence, 4), be(domain, 4), ...sets])
}

export interface Header10 {
  seconds?: number
  sequence?: number
  domain?: number
}

export function ipfix({ seconds = 1_700_000_000, sequence = 1, domain = 0 }: Header10, ...sets: Buffer[]): Buffer {
  const body = Buffer.concat(sets)
  return Buffer.concat([be(10, 2), be(body.length + 16, 2), be(seconds, 4), be(sequence, 4), be(domain, 4), body])
}

export interface Record5 {
  src?: string
  dst?: string
  nextHop?: string
  input?: number
  output?: number
  packets?: number
  bytes?: number
  first?: number
  last?: number
  srcPort?: number
  dstPort?: number
  tcpFlags?: number
  protocol?: number
  tos?: number
  srcAs?: number
  dstAs?: number
  srcMask?: number
  dstMask?: number
}

const common = (r: Record5): Buffer[] => [
  ipv4(r.src ?? '192.0.2.1'),
  ipv4(r.dst ?? '198.51.100.1'),
  ipv4(r.nextHop ?? '0.0.0.0'),
  be(r.input ?? 0, 2),
  be(r.output ?? 0, 2),
  be(r.packets ?? 0, 4),
  be(r.bytes ?? 0, 4),
  be(r.first ?? 0, 4),
  be(r.last ?? 0, 4),
  be(r.srcPort ?? 0, 2),
  be(r.dstPort ?? 0, 2)
]

export interface Header5 {
  version?: 1 | 5 | 7
  count?: number
  uptime?: number
  seconds?: number
  nanos?: number
  sequence?: number
  engine?: number
  sampling?: number
}

/** A datagram of v1, v5 or v7. */
export function v5(header: Header5, ...records: Record5[]): Buffer {
  const { version = 5, count = records.length, uptime = 1_000_000, seconds = 1_700_000_000, nanos = 0 } = header
  const head = [be(version, 2), be(count, 2), be(uptime, 4), be(seconds, 4), be(nanos, 4)]
  if (version !== 1)
    head.push(be(header.sequence ?? 0, 4), version === 5 ? be(header.engine ?? 0, 2) : be(0, 2), be(header.sampling ?? 0, 2))
  const body = records.map((r) => {
    const rest =
      version === 1
        ? [be(0, 2), be(r.protocol ?? 0, 1), be(r.tos ?? 0, 1), be(r.tcpFlags ?? 0, 1), be(0, 7)]
        : [
            be(0, 1),
            be(r.tcpFlags ?? 0, 1),
            be(r.protocol ?? 0, 1),
            be(r.tos ?? 0, 1),
            be(r.srcAs ?? 0, 2),
            be(r.dstAs ?? 0, 2),
            be(r.srcMask ?? 0, 1),
            be(r.dstMask ?? 0, 1),
            be(0, version === 7 ? 6 : 2)
          ]
    return Buffer.concat([...common(r), ...rest])
  })
  return Buffer.concat([...head, ...body])
}
