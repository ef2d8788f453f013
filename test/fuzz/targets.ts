/** What faces the network or a file, a row each: what to begin with, how to change it, and what may come of it. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { UserError } from '../../src/cli/exit.js'
import { loadTemplates, templateFile } from '../../src/decode/templatefile.js'
import { BrokenDatabaseError, databaseOf, survey } from '../../src/enrich/databases/database.js'
import { BrokenStreamError } from '../../src/flow/blocks.js'
import { WrongInputError } from '../../src/pcap/wronginput.js'
import { loadMapping } from '../../src/mapping/mapping.js'
import { captureIndex } from '../captures/capture-index.js'
import { factsOf, lookupsIn } from '../enrich/enriching.js'
import { formatter } from '../format/support.js'
import { readCapture } from '../support/captures.js'
import { type DatagramSpec, FlowMessage, readFlows } from '../support/datagram-stream.js'
import { decode, openDecoder, rawLines, streamOf } from '../support/decode.js'
import { mmdb } from '../support/mmdb-writer.js'
import { mutate, mutateText } from '../support/mutate.js'
import { replayed } from '../support/replay.js'
import { ROOT } from '../support/tools.js'

export type Random = () => number

/** Tries one changed input; gives the kind of what came of it. Throws what no input may cause. */
export type Trial = (random: Random) => Promise<string> | string

export interface Target {
  readonly name: string
  /** Reads what the trials begin with. */
  readonly open: () => Promise<Trial>
}

const FIXTURES = path.join(ROOT, 'test/fixtures')

/** Real captures: the project's own, and those beside it where they are. */
function captureFiles(): string[] {
  const own = fs.readdirSync(FIXTURES).filter((name) => name.endsWith('.pcap'))
  return [...own.map((name) => path.join(FIXTURES, name)), ...captureIndex().map(({ path: file }) => file)]
}

/** The first datagrams of all of them. */
async function realDatagrams(most: number): Promise<Required<DatagramSpec>[]> {
  const all: Required<DatagramSpec>[] = []
  for (const file of captureFiles()) all.push(...(await readCapture(file)).slice(0, most))
  return all
}

const pick = <T>(list: readonly T[], random: Random): T => list[random() % list.length]

/** A refusal that a user can read is a kind; anything else is thrown on. */
function refusal(error: unknown): string {
  if (error instanceof UserError) {
    if (error.message.includes('\n    at ')) throw new Error(`a stack trace for a user: ${error.message}`)
    return `refused, exit ${error.exitCode}`
  }
  if (error instanceof BrokenStreamError) return `broken: ${error.reason.replace(/\d+/g, 'N')}`
  throw error
}

/** Runs `use` with a file that holds these bytes. */
async function withFile<T>(bytes: Buffer | string, use: (file: string) => T | Promise<T>): Promise<T> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fuzz-'))
  try {
    const file = path.join(folder, 'input')
    fs.writeFileSync(file, bytes)
    return await use(file)
  } finally {
    fs.rmSync(folder, { recursive: true })
  }
}

/** How many datagrams one decoder is given, so that what a broken one left behind meets others. */
const TOGETHER = 20

async function datagrams(): Promise<Trial> {
  const seeds = await realDatagrams(40)
  return async (random) => {
    const changed = Array.from({ length: TOGETHER }, () => {
      const seed = pick(seeds, random)
      return { ...seed, src: Buffer.from([192, 0, 2, random() % 3]), payload: mutate(seed.payload, pick(seeds, random).payload, random) }
    })
    const { flows, decoder } = await decode(changed)
    const bytes = changed.reduce((sum, { payload }) => sum + payload.length, 0)
    if (flows.length > 2 * bytes) throw new Error(`${flows.length} flows of ${bytes} bytes`)
    const kinds = [...decoder.counts.errors.keys()]
    if (kinds.includes('internal')) throw new Error('an internal error was counted')
    return kinds.length === 0 ? 'all decoded' : pick(kinds, random)
  }
}

async function rawOutput(): Promise<Trial> {
  const seeds = await realDatagrams(20)
  return async (random) => {
    const seed = pick(seeds, random)
    const [line] = await rawLines([{ ...seed, payload: mutate(seed.payload, pick(seeds, random).payload, random) }])
    const { protocol, errors } = JSON.parse(line) as { protocol?: string; errors?: unknown }
    return `${protocol ?? 'unknown protocol'}${errors === undefined ? '' : ', with errors'}`
  }
}

function captures(): Promise<Trial> {
  const seeds = captureFiles()
    .filter((file) => /\.(pcap|pcapng|cap)$/.test(file) && fs.statSync(file).size < 1 << 20)
    .map((file) => fs.readFileSync(file).subarray(0, 16_384))
  return Promise.resolve(async (random) => {
    const { counts, error } = await replayed(mutate(pick(seeds, random), pick(seeds, random), random))
    if (error === undefined) return counts.datagrams > 0 ? 'datagrams' : 'packets, no datagram'
    return error instanceof WrongInputError ? 'no capture' : refusal(error)
  })
}

async function datagramStream(): Promise<Trial> {
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

async function flowMessages(): Promise<Trial> {
  const { flows } = await decode(await realDatagrams(4))
  const seeds = flows.slice(0, 5000).map((flow) => Buffer.from(FlowMessage.encode(FlowMessage.fromObject(fromHex(flow))).finish()))
  const formats = { json: await formatter('json'), text: await formatter('text'), csv: await formatter('csv') }
  return (random) => {
    const message = mutate(pick(seeds, random), pick(seeds, random), random)
    const line = formats.json(message)
    formats.text(message)
    formats.csv(message)
    if (line === undefined) return 'no protobuf'
    JSON.parse(line)
    return 'a line of each format'
  }
}

/** `readFlows` shows bytes as hexadecimal; protobufjs takes bytes. */
function fromHex(flow: ReturnType<typeof readFlows>[number]): Record<string, unknown> {
  const isBytes = (name: string): boolean => FlowMessage.fields[name].type === 'bytes'
  const bytes = (value: unknown): unknown => (Array.isArray(value) ? value.map(bytes) : Buffer.from(String(value), 'hex'))
  return Object.fromEntries(Object.entries(flow).map(([name, value]) => [name, isBytes(name) ? bytes(value) : value]))
}

function mappingFile(): Promise<Trial> {
  const seeds = [fs.readFileSync(path.join(FIXTURES, 'goflow2-mapping.yaml'), 'utf8')]
  return Promise.resolve((random) =>
    withFile(mutateText(pick(seeds, random), pick(seeds, random), random), async (file) => {
      try {
        await loadMapping(file)
        return 'a mapping'
      } catch (error) {
        return refusal(error)
      }
    })
  )
}

async function savedTemplates(): Promise<Trial> {
  const silent = (): void => undefined
  const log = { debug: silent, info: silent, error: silent, warn: silent }
  const told = openDecoder()
  told.push(streamOf(await realDatagrams(40)))
  const seeds: string[] = []
  for (const domain of told.decoder.state()) {
    seeds.push(
      await withFile('', (file) => {
        let changes = 0
        const saved = templateFile(
          file,
          0,
          () => changes,
          () => [domain],
          log
        )
        changes++
        saved.end()
        return fs.readFileSync(file, 'utf8')
      })
    )
  }
  return (random) =>
    withFile(mutateText(pick(seeds, random), pick(seeds, random), random), (file) => {
      let warnings = 0
      const { decoder } = openDecoder()
      loadTemplates(file, decoder.restore, { ...log, warn: () => warnings++ })
      return warnings > 0 ? 'set aside' : 'restored'
    })
}

function database(): Promise<Trial> {
  const networks = Array.from({ length: 60 }, (_, i): [string, { autonomous_system_number: number; country: { iso_code: string } }] => [
    i % 3 === 0 ? `2001:db8:${i.toString(16)}::/48` : `${i}.${i % 7}.0.0/16`,
    { autonomous_system_number: i + 1, country: { iso_code: 'DE' } }
  ])
  const seeds = ([24, 28, 32] as const).map((recordSize) => mmdb({ networks, recordSize }))
  return Promise.resolve(async (random) => {
    const bytes = mutate(pick(seeds, random), pick(seeds, random), random)
    try {
      const { read, failure } = survey(await databaseOf(bytes), (record) => factsOf(record).asn > 0)
      const lookups = await lookupsIn([bytes])
      const address = Buffer.alloc(16)
      for (let i = 0; i < 20; i++) {
        for (let at = 0; at < 16; at += 4) address.writeUInt32BE(random() >>> 0, at)
        lookups.find(address, i % 2 === 0 ? 0 : 12, 16)
      }
      return read === 0 && failure !== undefined ? 'unreadable records' : 'open'
    } catch (error) {
      if (error instanceof BrokenDatabaseError) return 'refused'
      throw error
    }
  })
}

export const TARGETS: readonly Target[] = [
  { name: 'datagrams', open: datagrams },
  { name: 'raw output', open: rawOutput },
  { name: 'captures', open: captures },
  { name: 'stream of datagrams', open: datagramStream },
  { name: 'flow messages', open: flowMessages },
  { name: 'mapping file', open: mappingFile },
  { name: 'template file', open: savedTemplates },
  { name: 'database', open: database }
]
