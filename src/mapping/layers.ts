/** The section `sflow` of a mapping file: bits of sampled frames that go to fields, and ports that carry more layers. */
import { nearest } from '../cli/nearest.js'
import type { Field, Schema } from '../flow/proto.js'
import { LAYER_GROUPS, LAYER_NAMES, type LayerGroup, type LayerName } from '../schema/layers.js'
import { type Endianness, readEndianness } from './elements.js'
import { fieldNamed } from './fields.js'
import { misfitBits } from './fitting.js'
import type { YamlValue } from './yaml.js'

/** A layer, or several under one name. */
export type LayerWord = LayerName | LayerGroup
export const LAYERS: readonly LayerWord[] = [...LAYER_NAMES, ...(Object.keys(LAYER_GROUPS) as LayerGroup[])]

const OTHER_SPELLINGS: Partial<Record<string, LayerWord>> = {
  ipv6eh_routing: 'ipv6-route',
  ipv6eh_fragment: 'ipv6-frag',
  icmpv6: 'ipv6-icmp',
  icmp6: 'ipv6-icmp',
  teredo: 'teredo-dst'
}

/** Which layers of a frame are meant. */
export type LayerSelector =
  | { readonly kind: 'layer'; readonly name: LayerWord }
  /** by its number: 0 the frame from its first byte on; 2, 3, 4 the OSI layer; 7 the payload of TCP or UDP */
  | { readonly kind: 'level'; readonly level: Level }
  /** what stands behind an Ethernet type */
  | { readonly kind: 'etype'; readonly etype: number }
  /** what stands behind an IP protocol number */
  | { readonly kind: 'proto'; readonly proto: number }
  /** the payload of a port, either side's */
  | { readonly kind: 'port'; readonly transport: Transport; readonly port: number }

const LEVELS = [0, 2, 3, 4, 7] as const
export type Level = (typeof LEVELS)[number]

const ETYPE_ARP = 0x0806

const TRANSPORTS = ['udp', 'tcp'] as const
export type Transport = (typeof TRANSPORTS)[number]
const DIRECTIONS = ['src', 'dst', 'both'] as const

/** Bits of a layer that go to a field. */
export interface LayerMapping {
  readonly layer: LayerSelector
  /** only below the outermost packet */
  readonly encap: boolean
  /** in bits from the layer's start, at any alignment */
  readonly offset: number
  readonly length: number
  readonly destination: Field
  readonly endianness: Endianness
}

/** A port whose payload is parsed as a layer. */
export interface PortParser {
  readonly proto: Transport
  readonly dir: (typeof DIRECTIONS)[number]
  readonly port: number
  readonly parser: LayerWord
}

export interface FrameMapping {
  readonly ports: readonly PortParser[]
  readonly mapping: readonly LayerMapping[]
}

/** No header that a datagram brings is longer. */
const MAX_BITS = 65_535 * 8

/** Throws UserError with code 78 for what is unknown, impossible or contradictory; nothing without a section. */
export function readFrames(section: YamlValue | undefined, schema: Schema, warn: (line: string) => void): FrameMapping {
  const { ports, mapping } = section?.section(['ports', 'mapping']) ?? {}
  return Object.freeze({
    ports: Object.freeze(ports?.list().map((entry) => Object.freeze(readPort(entry))) ?? []),
    mapping: Object.freeze(mapping?.list().map((entry) => Object.freeze(readLayer(entry, schema, warn))) ?? [])
  })
}

function readPort(entry: YamlValue): PortParser {
  const { proto, dir, port, parser } = entry.section(['proto', 'dir', 'port', 'parser'])
  if (proto === undefined || dir === undefined || port === undefined || parser === undefined)
    throw entry.error('a port has proto, dir, port and parser')
  const name = layerNamed(parser.word())
  if (name === undefined) throw parser.error(`unknown parser '${parser.word()}': ${nearest(parser.word(), LAYERS)}`)
  return { proto: proto.oneOf('protocol', TRANSPORTS), dir: dir.oneOf('direction', DIRECTIONS), port: port.whole(0, 65_535), parser: name }
}

function readLayer(entry: YamlValue, schema: Schema, warn: (line: string) => void): LayerMapping {
  const { layer, encap, offset, length, destination, endianness, endian } = entry.section([
    'layer',
    'encap',
    'offset',
    'length',
    'destination',
    'endianness',
    'endian'
  ])
  if (layer === undefined || length === undefined || destination === undefined) {
    throw entry.error('a mapping has layer, offset and length in bits, and destination')
  }
  const selector = selectorOf(layer.word().toLowerCase())
  if (selector === undefined) {
    throw layer.error(
      `unknown layer '${layer.word()}': ${nearest(layer.word(), LAYERS)}; ${LEVELS.join(', ')}; etype0x86dd, proto47, udp53`
    )
  }
  const field = fieldNamed(destination, schema)
  const bits = length.whole(1, MAX_BITS)
  const wrong = misfitBits(field, bits)
  if (wrong !== undefined) throw length.error(wrong)
  return {
    layer: Object.freeze(selector),
    encap: encap?.flag() ?? false,
    offset: offset?.whole(0, MAX_BITS) ?? 0,
    length: bits,
    destination: field,
    endianness: readEndianness(endianness, endian, warn)
  }
}

function layerNamed(word: string): LayerWord | undefined {
  const name = word.toLowerCase()
  return OTHER_SPELLINGS[name] ?? LAYERS.find((layer) => layer === name)
}

function selectorOf(word: string): LayerSelector | undefined {
  const name = layerNamed(word)
  if (name !== undefined) return { kind: 'layer', name }
  if (word === 'arp') return { kind: 'etype', etype: ETYPE_ARP }
  const level = LEVELS.find((each) => String(each) === word) ?? (word === 'payload' ? 7 : undefined)
  if (level !== undefined) return { kind: 'level', level }
  const match = /^(etype|proto|udp|tcp)(0x[0-9a-f]+|\d+)$/.exec(word)
  if (match === null) return undefined
  const number = Number(match[2])
  if (number > (match[1] === 'proto' ? 255 : 65_535)) return undefined
  if (match[1] === 'etype') return { kind: 'etype', etype: number }
  if (match[1] === 'proto') return { kind: 'proto', proto: number }
  return { kind: 'port', transport: match[1] as Transport, port: number }
}
