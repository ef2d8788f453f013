/** Records of any template of the elements that are known, in any order, with any values. */
import fc from 'fast-check'
import { be } from './build-netflow.js'
import { numbers } from './generate.js'
import type { Element, Version } from './records.js'

const NUMBERS = [
  1, 2, 4, 5, 6, 7, 9, 10, 11, 13, 14, 16, 17, 21, 22, 23, 24, 29, 30, 31, 32, 34, 50, 52, 54, 56, 57, 58, 59, 60, 61, 80, 81, 85, 86, 88,
  89, 95, 128, 138, 139, 150, 151, 152, 153, 158, 159, 160, 161, 162, 176, 177, 178, 179, 192, 197, 227, 228, 230, 231, 232, 234, 235, 239,
  243, 252, 253, 254, 256, 298, 299, 304, 305, 306, 309, 310, 322, 323, 351, 483, 498
]
const ADDRESSES = [8, 12, 15, 18, 27, 28, 47, 62, 63, 140, 225, 226, 281, 282]
const NTP = [154, 155, 156, 157, 324, 325]
const LABELS = [70, 71, 72, 73, 74, 75, 76, 77, 78, 79]
const LISTS = [484, 485, 494, 495, 496, 497, 499]
const STRANGERS = [3, 33, 82, 94, 210, 300, 490]
const ALL = [...NUMBERS, ...NUMBERS, ...ADDRESSES, ...ADDRESSES, ...NTP, ...LABELS, ...LISTS, ...STRANGERS]

/** How a template's field is chosen. */
const field = fc.record({ id: fc.constantFrom(...ALL), length: fc.nat(99), form: fc.nat(99), enterprise: fc.nat(99) })
export type Choice = typeof field extends fc.Arbitrary<infer T> ? T : never

interface FieldOf {
  readonly id: number
  /** bytes, −1 for a length that varies */
  readonly length: number
  readonly enterprise?: number
}

/** A field of a length that suits the element, most of the time. */
function fieldOf(version: Version, { id, length, form, enterprise }: Choice): FieldOf {
  const pen = version === 9 || enterprise >= 20 ? {} : enterprise < 15 ? { enterprise: 29305 } : { enterprise: 9 }
  if (ADDRESSES.includes(id)) {
    const usual = [27, 28, 62, 63, 140, 281, 282].includes(id) ? 16 : 4
    return { id, length: length < 90 ? usual : length < 95 ? 20 - usual : length - 90, ...pen }
  }
  if (version === 10 && form < 20) return { id, length: -1, ...pen }
  if (NTP.includes(id)) return { id, length: length < 95 ? 8 : length - 90, ...pen }
  if (LABELS.includes(id)) return { id, length: length < 90 ? 3 : length % 6, ...pen }
  if (LISTS.includes(id)) return { id, length: length < 50 ? 16 : length < 70 ? 21 : length - 60, ...pen }
  // a boot time of more than six bytes is after the year 10000, and so is the end of a flow that lasts for so many microseconds
  const isTime = id === 160 || id === 162
  return { id, length: length < 90 || isTime ? 1 + (length % (isTime ? 6 : 8)) : length - 90, ...pen }
}

/** A value: zero, small, all bits set, of the time or anything. */
function valueOf({ id, length }: FieldOf, random: () => number): Buffer {
  let bytes =
    length >= 0 ? length : LISTS.includes(id) ? random() % 60 : NTP.includes(id) ? 8 : id === 160 || id === 162 ? 6 : (random() % 8) + 1
  if (length < 0 && !COUNTED.includes(id) && random() % 10 === 0) bytes = 0
  const kind = random() % 10
  if (kind < 2) return Buffer.alloc(bytes)
  if (kind === 2) return Buffer.alloc(bytes, 0xff)
  if (kind < 6 && bytes > 0 && NUMBERS.includes(id)) return usual(id, bytes, random)
  const value = Buffer.from(Array.from({ length: bytes }, () => random() & 0xff))
  const header = id === 496 ? '0301ee0010' : id === 484 || id === 485 ? '0301e30004' : ''
  if (kind < 9) Buffer.from(header, 'hex').copy(value)
  if (kind < 9 && NTP.includes(id) && bytes === 8) value.writeUInt32BE(2_208_988_800 + SECONDS + (random() % 1000) - 500)
  return value
}

/** Elements whose presence in the template decides something, so that of them none may be empty. */
const COUNTED = [
  1, 2, 4, 9, 11, 13, 21, 22, 23, 24, 29, 30, 85, 86, 158, 159, 160, 161, 162, 176, 177, 178, 179, 231, 232, 298, 299, 304, 305, 306, 309,
  310
]

/** A number as it may well come: a small one, a protocol, or a time about now. */
function usual(id: number, bytes: number, random: () => number): Buffer {
  const values: Partial<Record<number, number>> = {
    4: [1, 6, 17, 58][random() % 4],
    7: random() % 2,
    60: [4, 6, 5][random() % 3],
    256: [0x0800, 0x86dd, 0x0806, 0x8100][random() % 4],
    304: random() % 5,
    21: UPTIME - (random() % 100_000),
    22: UPTIME - (random() % 200_000),
    150: SECONDS - (random() % 1000),
    151: SECONDS - (random() % 100),
    152: SECONDS * 1000 - (random() % 1_000_000),
    153: SECONDS * 1000 - (random() % 100_000),
    160: SECONDS * 1000 - UPTIME,
    322: SECONDS,
    323: SECONDS * 1000 + (random() % 1000)
  }
  const value = BigInt(values[id] ?? random() % 300)
  return be(value % (1n << BigInt(8 * bytes)), bytes)
}

const SECONDS = 1_700_000_000
const UPTIME = 3_000_000_000

export const UPTIMES = fc.oneof(fc.constant(UPTIME), fc.nat(0xffffffff))
export const CHOICES = fc.array(field, { minLength: 1, maxLength: 40 })

/** What a datagram of them says in front of its sets. */
export const headerOf = (uptime: number): { uptime: number; seconds: number; sequence: number; domain: number } => ({
  uptime,
  seconds: SECONDS,
  sequence: 77,
  domain: 5
})

/** Three records of a template of these fields. */
export function randomRecords(version: Version, choices: readonly Choice[], seed: number): Element[][] {
  const random = numbers(seed === 0 ? 1 : seed)
  const seen = new Set<string>()
  const fields = choices
    .map((choice) => fieldOf(version, choice))
    .filter(({ id, enterprise, length }) => {
      // the same element twice is a matter of its own, but for those that may repeat
      const key = `${id} ${enterprise}`
      const isNew = !seen.has(key) || [483, 484, 494].includes(id)
      if (length !== 0) seen.add(key)
      return isNew
    })
  const mark: Element = { id: 210, bytes: Buffer.from([1]) } // no record is all zeros
  return Array.from({ length: 3 }, () => [
    ...fields.map((each): Element => {
      const { length, ...rest } = each
      return { ...rest, bytes: valueOf(each, random), ...(length < 0 ? { variable: random() % 4 === 0 ? 'long' : 'short' } : {}) }
    }),
    mark
  ])
}
