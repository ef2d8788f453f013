/** Runs flow-agg's work in this process, over streams that protobufjs wrote. */
import protobuf from 'protobufjs'
import { aggregation, type Aggregation } from '../../src/agg/aggregation.js'
import { tool } from '../../src/agg/flow-agg.js'
import { requestOf } from '../../src/agg/options.js'
import type { Series } from '../../src/agg/series.js'
import type { Log } from '../../src/cli/log.js'
import { parseCommandLine } from '../../src/cli/commandline.js'
import { frameReader } from '../../src/flow/frames.js'
import { FlowMessage, longOf, readFlows, type Flow } from '../support/datagram-stream.js'
import { keptOutput } from '../support/output.js'

/** A flow to be encoded: 64-bit numbers as bigint, addresses as hex. */
export type FlowSpec = Record<string, bigint | number | string | number[] | undefined>

/** One message with its length in front. */
export function flowFrame(flow: FlowSpec): Buffer {
  const writer = protobuf.Writer.create()
  const fields = Object.entries(flow)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, encodable(name, value!)] as const)
  FlowMessage.encodeDelimited(Object.fromEntries(fields), writer)
  return Buffer.from(writer.finish())
}

function encodable(name: string, value: bigint | number | string | number[]): unknown {
  if (typeof value === 'bigint') return longOf(value)
  return typeof value === 'string' && FlowMessage.fields[name].type === 'bytes' ? Buffer.from(value, 'hex') : value
}

export function flowStream(flows: readonly FlowSpec[]): Buffer {
  return Buffer.concat(flows.map(flowFrame))
}

export interface Aggregated {
  readonly stream: Buffer
  readonly flows: Flow[]
  readonly warnings: readonly string[]
  readonly summing: Aggregation
}

export interface Run {
  series?: Series
  /** bytes that come at a time */
  chunkBytes?: number
  /** called before each chunk, as time passes while the tool waits */
  wait?: (summing: Aggregation, chunk: number) => void
}

/** Sums a stream as `flow-agg ARGS` does. */
export async function aggregated(
  stream: Buffer,
  args: readonly string[],
  { series, chunkBytes = Math.max(1, stream.length), wait }: Run = {}
): Promise<Aggregated> {
  const parsed = await parseCommandLine(tool.definition, '0', args)
  if ('text' in parsed) throw new Error(parsed.text)
  const { options } = parsed
  const warnings: string[] = []
  const silent = (): void => undefined
  const log: Log = { debug: silent, info: silent, error: silent, warn: (message) => warnings.push(message) }
  const { output, taken } = keptOutput()
  const budget = { maxGroups: options['max-groups'], maxBytes: options.memory, groups: 0, bytes: 0 }
  const summing = aggregation(requestOf(options), budget, series, output, log)
  const reader = frameReader(summing.onFrame)
  for (let pos = 0, chunk = 0; pos < stream.length; pos += chunkBytes, chunk++) {
    wait?.(summing, chunk)
    // a chunk's memory is used again for the next one
    const copy = Buffer.from(stream.subarray(pos, pos + chunkBytes))
    reader.push(copy)
    while (summing.more()) output.commit()
    copy.fill(0xee)
  }
  reader.end()
  summing.end()
  while (summing.more()) output.commit()
  const result = await taken()
  return { stream: result, flows: readFlows(result), warnings, summing }
}
