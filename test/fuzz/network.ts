/** Targets that the network reaches: datagrams, and the messages of a connection. */
import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import { newReport, reporting } from '../../src/decode/report/report.js'
import { frameReader } from '../../src/flow/frames.js'
import { connections } from '../../src/listen/connections.js'
import { exporterLookup } from '../../src/listen/exporters.js'
import { newExporterCounts } from '../../src/listen/sharedcounts.js'
import { loadMapping } from '../../src/mapping/mapping.js'
import type { DatagramSpec } from '../support/datagram-stream.js'
import { decode, openDecoder, rawLines, streamOf } from '../support/decode.js'
import { mutate } from '../support/mutate.js'
import { keptOutput } from '../support/output.js'
import { pick, type Random, realDatagrams, refusal, type Trial } from './seeds.js'

/** How many datagrams one decoder is given, so that what a broken one left behind meets others. */
const TOGETHER = 20

function changedDatagrams(seeds: readonly Required<DatagramSpec>[], random: Random): Required<DatagramSpec>[] {
  return Array.from({ length: TOGETHER }, () => {
    const seed = pick(seeds, random)
    return { ...seed, src: Buffer.from([192, 0, 2, random() % 3]), payload: mutate(seed.payload, pick(seeds, random).payload, random) }
  })
}

export async function datagrams(): Promise<Trial> {
  const seeds = await realDatagrams(40)
  return async (random) => {
    const changed = changedDatagrams(seeds, random)
    const { flows, decoder } = await decode(changed)
    const bytes = changed.reduce((sum, { payload }) => sum + payload.length, 0)
    if (flows.length > 2 * bytes) throw new Error(`${flows.length} flows of ${bytes} bytes`)
    const kinds = [...decoder.counts.errors.keys()]
    if (kinds.includes('internal')) throw new Error('an internal error was counted')
    return kinds.length === 0 ? 'all decoded' : pick(kinds, random)
  }
}

export async function rawOutput(): Promise<Trial> {
  const seeds = await realDatagrams(20)
  return async (random) => {
    const seed = pick(seeds, random)
    const [line] = await rawLines([{ ...seed, payload: mutate(seed.payload, pick(seeds, random).payload, random) }])
    const { protocol, errors } = JSON.parse(line) as { protocol?: string; errors?: unknown }
    return `${protocol ?? 'unknown protocol'}${errors === undefined ? '' : ', with errors'}`
  }
}

/** A report of what made no sense, as JSON and as a page. */
export async function report(): Promise<Trial> {
  const mapping = await loadMapping(undefined)
  const seeds = await realDatagrams(20)
  return async (random) => {
    const made = newReport(mapping)
    const { decoder } = openDecoder({ output: made.flows, onHeader: made.onHeader, onError: made.onError })
    const reader = frameReader(reporting(made, decoder))
    reader.push(streamOf(changedDatagrams(seeds, random)))
    reader.end()
    decoder.end()
    const page = keptOutput()
    made.write(page.output, 'json')
    const sections = (await page.taken()).toString().split('\n').slice(0, -1)
    const findings = sections.flatMap((line) => (JSON.parse(line) as { findings: { kind: string }[] }).findings)
    made.write(page.output, 'text')
    // a title and a table are lines without control characters, whatever names came
    if (/[\0-\x08\x0b-\x1f\x7f]/.test((await page.taken()).toString())) throw new Error('a control character in a page')
    return findings.length === 0 ? 'no findings' : `finds ${pick(findings, random).kind}`
  }
}

/** IPFIX over TCP: changed streams of messages, in pieces. */
export async function connected(): Promise<Trial> {
  const seeds = (await realDatagrams(10)).map(({ payload }) => payload).filter((payload) => payload.readUInt16BE(0) === 10)
  const { output, taken } = keptOutput()
  let cause = ''
  const limits = { max: 10, idleMs: 60_000, timeoutMs: 60_000 }
  const all = connections(limits, output, exporterLookup([]), newExporterCounts().datagrams, {
    isWanted: () => true,
    onOpen: () => undefined,
    onCut: (_who, cut) => (cause = cut)
  })
  const server = net.createServer((socket) => {
    all.accept(socket)
  })
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return async (random) => {
    const stream = mutate(Buffer.concat([pick(seeds, random), pick(seeds, random), pick(seeds, random)]), pick(seeds, random), random)
    const cut = random() % (stream.length + 1)
    cause = ''
    const before = all.counts.messages
    const socket = net.connect(port, '127.0.0.1').resume()
    socket.on('error', () => undefined)
    socket.write(stream.subarray(0, cut))
    socket.end(stream.subarray(cut))
    await once(socket, 'close')
    while (all.open > 0) await new Promise(setImmediate)
    let frames = 0
    const reader = frameReader(() => frames++)
    reader.push(await taken())
    reader.end()
    const messages = all.counts.messages - before
    // and one for the end
    if (frames !== messages + 1) throw new Error(`${frames} frames of ${messages} messages`)
    return cause === '' ? 'read to its end' : cause
  }
}

/** The stream between flow-listen and flow-decode. */
export async function datagramStream(): Promise<Trial> {
  const seeds = (await realDatagrams(10)).map((datagram) => streamOf([datagram]))
  return (random) => {
    const { push, decoder } = openDecoder()
    try {
      push(mutate(Buffer.concat([pick(seeds, random), pick(seeds, random)]), pick(seeds, random), random))
    } catch (error) {
      return refusal(error)
    } finally {
      decoder.end()
    }
    return 'read to its end'
  }
}
