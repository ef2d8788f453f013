/**
 * What the records of the publishers' databases say, in one shape.
 *
 * MaxMind and DB-IP nest (`country.iso_code`, `city.names.en`; the Enterprise edition has the AS under `traits`); IPinfo and
 * ip-location-db are flat, the former with `asn: "AS15169"`, and in its newer files the country's name in `country` beside `country_code`.
 */
import type { Facts } from '../facts.js'

type Path = readonly string[]

// in each the first path with a usable value counts
const AS_NUMBER: readonly Path[] = [['autonomous_system_number'], ['traits', 'autonomous_system_number'], ['asn'], ['as', 'asn']]
const AS_NAME: readonly Path[] = [
  ['autonomous_system_organization'],
  ['traits', 'autonomous_system_organization'],
  ['as_name'],
  ['as', 'name'],
  ['name']
]
const COUNTRY: readonly Path[] = [
  ['country', 'iso_code'],
  ['country_code'],
  ['geo', 'country_code'],
  ['country'],
  ['registered_country', 'iso_code']
]
const CITY: readonly Path[] = [['city', 'names', 'en'], ['city'], ['geo', 'city']]

/** A longer name is what a broken file says. */
const MAX_NAME_BYTES = 255

/** The AS of a record; 0 and '' where it has none. */
export function asOf(record: unknown): Pick<Facts, 'asn' | 'asName'> {
  const asn = first(record, AS_NUMBER, asNumber) ?? 0
  return { asn, asName: asn === 0 ? '' : (first(record, AS_NAME, name) ?? '') }
}

/** The country of a record as ISO 3166-1 alpha-2; '' where it has none. */
export function countryOf(record: unknown): string {
  return first(record, COUNTRY, countryCode) ?? ''
}

/** The city of a record; '' where it has none. */
export function cityOf(record: unknown): string {
  return first(record, CITY, name) ?? ''
}

function first<T>(record: unknown, paths: readonly Path[], read: (value: unknown) => T | undefined): T | undefined {
  for (const path of paths) {
    const value = read(path.reduce(member, record))
    if (value !== undefined) return value
  }
  return undefined
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
}

/** A number, or its digits, with or without AS before them. */
function asNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' ? Number(/^(?:AS)?(\d{1,10})$/i.exec(value)?.[1]) : value
  return typeof number === 'number' && Number.isInteger(number) && number > 0 && number <= 0xffffffff ? number : undefined
}

function countryCode(value: unknown): string | undefined {
  return typeof value === 'string' && /^[a-z]{2}$/i.test(value) ? value.toUpperCase() : undefined
}

/** Some publishers write a dash for what they do not know. */
function name(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value !== '-' && Buffer.byteLength(value) <= MAX_NAME_BYTES ? value : undefined
}
