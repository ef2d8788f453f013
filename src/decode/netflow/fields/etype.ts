/** The Ethernet type. */
import { outUint32 } from '../../memory/out.js'
import { ETHERTYPE } from '../../packet/next.js'
import { readCapped } from '../wire/numbers.js'
import { lengthOf, type Place, startOf } from '../wire/place.js'
import { call, type Step } from './step.js'

/** That which goes with the IP version at a place. */
export function etypeOfVersion(tag: number, place: Place): Step {
  return call((pos, record) => {
    const version = readCapped(startOf(place, record), lengthOf(place))
    return outUint32(pos, tag, version === 4 ? ETHERTYPE.ipv4 : version === 6 ? ETHERTYPE.ipv6 : 0)
  })
}
