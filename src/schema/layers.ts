/** The layers of a sampled packet by the names that mapping files and the decoder have for them. */
export const LAYER_NAMES = [
  'ethernet',
  'dot1q',
  'mpls',
  'pppoe',
  'ipv4',
  'ipv6',
  'ipv6-opts',
  'ipv6-route',
  'ipv6-frag',
  'ah',
  'tcp',
  'udp',
  'sctp',
  'icmp',
  'ipv6-icmp',
  'gre',
  'teredo-dst',
  'geneve',
  'vxlan',
  'gtpu'
] as const
export type LayerName = (typeof LAYER_NAMES)[number]

/** Names that stand for any of several layers. */
export const LAYER_GROUPS = {
  ip: ['ipv4', 'ipv6'],
  ipv6eh: ['ipv6-route', 'ipv6-frag']
} as const satisfies Record<string, readonly LayerName[]>
export type LayerGroup = keyof typeof LAYER_GROUPS
