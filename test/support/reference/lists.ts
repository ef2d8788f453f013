/** Elements of several values. */
import { capped, isZero, type Values } from './values.js'

/** The labels of the MPLS stack, from its top. */
export function labelsOf(values: Values): number[] {
  const labels: number[] = []
  for (let id = 70; id <= 79; id++) {
    const bytes = values(id).at(0)
    if (bytes === undefined || bytes.length < 3 || isZero(bytes.subarray(0, 3))) continue
    const entry = bytes.readUIntBE(0, 3)
    labels.push(entry >> 4)
    if (entry % 2 === 1) break
  }
  return labels
}

/** The whole pieces of so many bytes. */
function pieces(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size))
}

/** The segments of a routing header, in hexadecimal. */
export function segmentsOf(values: Values): string[] {
  const forms = [
    values(497).flatMap((bytes) => pieces(bytes, 16)),
    values(496).flatMap((bytes) => (bytes.toString('hex', 1, 5) === '01ee0010' ? pieces(bytes.subarray(5), 16) : [])),
    values(494).flatMap((bytes) => pieces(bytes, 16)),
    values(499).flatMap((bytes) => (bytes.length < 8 ? [] : pieces(bytes.subarray(8), 16).slice(0, bytes[4] + 1))),
    values(495).flatMap((bytes) => pieces(bytes, 16))
  ]
  const filled = forms.map((segments) => segments.filter((segment) => !isZero(segment)))
  return (filled.find((segments) => segments.length > 0) ?? []).map((segment) => segment.toString('hex'))
}

/** The communities, the single ones before those of lists. */
export function communitiesOf(values: Values): number[] {
  const single = values(483)
    .filter(({ length }) => length >= 1 && length <= 8)
    .map((bytes) => BigInt(`0x${bytes.toString('hex')}`))
    .filter((value) => value !== 0n)
  const ofLists = [484, 485]
    .flatMap(values)
    .flatMap((bytes) =>
      bytes.toString('hex', 1, 5) === '01e30004' ? pieces(bytes.subarray(5), 4).map((each) => BigInt(each.readUInt32BE())) : []
    )
  return [...single, ...ofLists].map((value) => Number(capped(value)))
}
