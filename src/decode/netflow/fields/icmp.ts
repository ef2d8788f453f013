/** ICMP's type and code, which records hold in one number, apart, or in the destination port. */
import { IP_PROTOCOL } from '../../../flow/ipprotocols.js'
import { outUint32 } from '../../memory/out.js'
import { readCapped } from '../wire/numbers.js'
import { lengthOf, type Place, startOf } from '../wire/place.js'
import { printStart } from './print.js'
import { source } from './source.js'
import { call, callIf, type Step } from './step.js'

const { icmp: ICMP, icmp6: ICMPV6 } = IP_PROTOCOL

/** The tags of the two fields; 0: something else fills the field. */
export interface IcmpTags {
  readonly type: number
  readonly code: number
}

function outIcmp(pos: number, tags: IcmpTags, type: number, code: number): number {
  if (tags.type !== 0) pos = outUint32(pos, tags.type, type)
  if (tags.code !== 0) pos = outUint32(pos, tags.code, code)
  return pos
}

const outBoth = (pos: number, tags: IcmpTags, both: number): number => outIcmp(pos, tags, both >>> 8, both & 0xff)

/** ICMPv6's type 0 is reserved: what has no type has it where the code should be, as IOS-XR does. */
const typeAndCode = (both: number): number => (both < 0x100 ? both << 8 : both)

const read = (place: Place | undefined, record: number): number =>
  place === undefined ? 0 : readCapped(startOf(place, record), lengthOf(place))

/** ICMP's type and code in one number: type(8 bits) code(8 bits) (element 32). */
export function icmpInOne(tags: IcmpTags, place: Place): Step {
  return call((pos, record) => outBoth(pos, tags, read(place, record)))
}

/** The same of ICMPv6 (element 139). */
export function icmpv6InOne(tags: IcmpTags, place: Place): Step {
  return call((pos, record) => outBoth(pos, tags, typeAndCode(read(place, record))))
}

/** In elements of their own, those of ICMP before those of ICMPv6. */
export function icmpApart(tags: IcmpTags, types: readonly (Place | undefined)[], codes: readonly (Place | undefined)[]): Step {
  const first = (places: readonly (Place | undefined)[], record: number): number => {
    for (const place of places) {
      const number = read(place, record)
      if (number !== 0) return number
    }
    return 0
  }
  return call((pos, record) => outIcmp(pos, tags, first(types, record), first(codes, record)))
}

/** In the destination port of these protocols, where the source port is 0; without a place for that one, whatever it is. */
export function icmpInPorts(
  tags: IcmpTags,
  protocols: readonly number[],
  protocol: Place,
  source_: Place | undefined,
  destination: Place
): Step {
  const write: Step['write'] = (pos, record) => {
    const number = read(protocol, record)
    if (!protocols.includes(number) || read(source_, record) !== 0) return pos
    const port = read(destination, record)
    return outBoth(pos, tags, number === ICMPV6 ? typeAndCode(port) : port)
  }
  if (protocol.bytes !== 1) return call(write)
  const first = source`input.getUint8(${printStart(protocol)})`
  return callIf(protocols.includes(ICMPV6) ? source`${first} === ${ICMP} || ${first} === ${ICMPV6}` : source`${first} === ${ICMP}`, write)
}
