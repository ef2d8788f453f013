/** What databases know of an address, made ready to be appended to a message: the encoded fields, once as source and once as destination. */
import { writeBytesField, writeUint32Field } from '../flow/message.js'
import { fieldTag } from '../flow/proto.js'
import { AS, AS_NAME, CITY, COUNTRY } from './fields.js'
import type { Facts } from './facts.js'

/**
 * Encoded fields in a store's `bytes`: the source's from `start`, the destination's as many behind them, their tags being as long.
 *
 *     side := AS number, AS name, country, city    those that are known
 */
export interface Answer {
  /** never 0 */
  readonly start: number
  /** bytes of a side */
  readonly length: number
  /** bytes of the AS number in it */
  readonly numberLength: number
  /** bytes of the AS number and name in it */
  readonly asLength: number
  readonly asn: number
  /** the set of fields that a side replaces, as of the source */
  readonly fields: number
}

export interface AnswerStore {
  readonly bytes: () => Buffer
  readonly add: (facts: Facts) => Answer
  readonly clear: () => void
}

const FIRST_BYTES = 64 * 1024
/** The most that one answer takes: three names of 255 bytes with tags and lengths, and a number, twice. */
const ANSWER_BYTES = 2048

const SIDES = (['src', 'dst'] as const).map((side) => ({
  asn: fieldTag(`${side}_as`),
  asName: fieldTag(`${side}_as_name`),
  country: fieldTag(`${side}_country`),
  city: fieldTag(`${side}_city`)
}))

export function answerStore(): AnswerStore {
  let bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  let used = 1
  return {
    bytes: () => bytes,
    add({ asn, asName, country, city }) {
      if (bytes.length - used < ANSWER_BYTES) {
        const larger = Buffer.allocUnsafeSlow(2 * bytes.length)
        bytes.copy(larger, 0, 0, used)
        bytes = larger
      }
      const start = used
      let [length, numberLength, asLength] = [0, 0, 0]
      for (const tags of SIDES) {
        const sideStart = used
        used = writeUint32Field(bytes, used, tags.asn, asn)
        numberLength = used - sideStart
        used = writeBytesField(bytes, used, tags.asName, Buffer.from(asName))
        asLength = used - sideStart
        used = writeBytesField(bytes, used, tags.country, Buffer.from(country))
        used = writeBytesField(bytes, used, tags.city, Buffer.from(city))
        length = used - sideStart
      }
      // a name belongs to its number: where that is replaced, the name goes with it, known or not
      const fields = (asn === 0 ? 0 : AS | AS_NAME) | (country === '' ? 0 : COUNTRY) | (city === '' ? 0 : CITY)
      return { start, length, numberLength, asLength, asn, fields }
    },
    clear() {
      used = 1
    }
  }
}
