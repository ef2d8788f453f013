/** Compares two collectors' flows of one capture, as lines of JSON. */

export type JsonFlow = Readonly<Record<string, unknown>>

export interface Comparison {
  readonly ours: number
  readonly theirs: number
  /** flows that only one of them has */
  readonly onlyOurs: number
  readonly onlyTheirs: number
  /** flows that both have, and whose fields are all the same */
  readonly same: number
  /** by field that both know: in how many flows of both its values differ */
  readonly different: ReadonlyMap<string, number>
}

/** They depend on when and from where a capture is replayed. */
const OF_THE_REPLAY = ['time_received_ns', 'sampler_address']
/** sFlow has no times of its own: those of its flows are when they were received. */
const OF_RECEIPT = ['time_flow_start_ns', 'time_flow_end_ns']
/** What makes flows the same one, where one collector has flows that the other lacks. */
const IDENTITY = [
  'type',
  'observation_domain_id',
  'sequence_num',
  'src_addr',
  'dst_addr',
  'src_port',
  'dst_port',
  'proto',
  'bytes',
  'packets'
]

/** Flows are taken for the same by their place where there are as many of both, by their addresses, ports, protocol and counters elsewhere. */
export function compareFlows(ours: readonly JsonFlow[], theirs: readonly JsonFlow[]): Comparison {
  const pairs = ours.length === theirs.length ? ours.map((flow, i) => [flow, theirs[i]] as const) : byIdentity(ours, theirs)
  const different = new Map<string, number>()
  let same = 0
  for (const [our, their] of pairs) {
    const left = our.type === 'SFLOW_5' ? [...OF_THE_REPLAY, ...OF_RECEIPT] : OF_THE_REPLAY
    const names = Object.keys(our).filter((name) => name in their && !left.includes(name))
    const others = names.filter((name) => JSON.stringify(our[name]) !== JSON.stringify(their[name]))
    if (others.length === 0) same++
    for (const name of others) different.set(name, (different.get(name) ?? 0) + 1)
  }
  return {
    ours: ours.length,
    theirs: theirs.length,
    onlyOurs: ours.length - pairs.length,
    onlyTheirs: theirs.length - pairs.length,
    same,
    different
  }
}

function byIdentity(ours: readonly JsonFlow[], theirs: readonly JsonFlow[]): (readonly [JsonFlow, JsonFlow])[] {
  const keyOf = (flow: JsonFlow): string => JSON.stringify(IDENTITY.map((name) => flow[name]))
  const waiting = new Map<string, JsonFlow[]>()
  for (const flow of theirs) {
    const key = keyOf(flow)
    const list = waiting.get(key)
    if (list === undefined) waiting.set(key, [flow])
    else list.push(flow)
  }
  return ours.flatMap((flow) => {
    const their = waiting.get(keyOf(flow))?.shift()
    return their === undefined ? [] : [[flow, their] as const]
  })
}

/** The fields that differ, the most frequent first. */
export function differencesText(different: ReadonlyMap<string, number>): string {
  return [...different]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}
