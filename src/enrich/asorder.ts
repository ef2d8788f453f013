/** `-as`: the order of those who say an AS number. The first of them who says one is believed. */
import { badValue, wordList } from '../cli/options.js'
import { nearest } from '../cli/nearest.js'

const WORDS = ['exporter', 'exporter-except-private', 'networks', 'db'] as const
type Word = (typeof WORDS)[number]

/** Who says AS numbers of addresses, beside the exporter. */
export type AsSource = 'networks' | 'db'

export type AsOrder = readonly Word[]

export const DEFAULT_ORDER: AsOrder = ['db', 'exporter']
export const KEEP_AS_ORDER: AsOrder = ['exporter', 'db']

/** Reads the option's value; throws a bad value. */
export function asOrder(text: string): AsOrder {
  const words = wordList(text.toLowerCase())
  for (const word of words) {
    if (!(WORDS as readonly string[]).includes(word)) throw badValue(`There is no '${word}'; nearest: ${nearest(word, WORDS)}.`)
    if (words.indexOf(word) !== words.lastIndexOf(word)) throw badValue(`${word} stands there twice.`)
  }
  if (words.length === 0) throw badValue(`Give one or more of ${WORDS.join(', ')}.`)
  return words as Word[]
}

/** The place of a word in the order; Infinity where it does not stand there, and is not asked. */
export function rankOf(order: AsOrder, word: Word): number {
  const rank = order.indexOf(word)
  return rank < 0 ? Infinity : rank
}

/** The exporter's number goes where it is public, or where it is private. */
export const OVER_PUBLIC = 1
export const OVER_PRIVATE = 2

/** Which of the exporter's numbers the one of that rank takes the place of; Infinity where nobody else says one. */
export function overExporter(order: AsOrder, rank: number): number {
  const any = rankOf(order, 'exporter')
  const ofPublic = Math.min(any, rankOf(order, 'exporter-except-private'))
  return (rank <= ofPublic ? OVER_PUBLIC : 0) | (rank <= any ? OVER_PRIVATE : 0)
}

/** Whether the number names no network of the Internet: IANA's registry of special-purpose AS numbers, private use and documentation in it. */
export function isPrivate(asn: number): boolean {
  // RFC 6793; RFC 5398, RFC 6996, RFC 7300
  return asn === 23_456 || (asn >= 64_496 && asn <= 65_551) || asn >= 4_200_000_000
}
