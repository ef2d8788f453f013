/** Targets that are files: captures, IPFIX files, tables of the user's, mappings, saved templates, databases, stores. */
import fs from 'node:fs'
import path from 'node:path'
import { loadTemplates, templateFile } from '../../src/decode/templatefile.js'
import { BrokenDatabaseError, databaseOf, survey } from '../../src/enrich/databases/database.js'
import { openExporterTable } from '../../src/enrich/tables/exporters.js'
import { openInterfaceTable } from '../../src/enrich/tables/interfaces.js'
import { openNetworks } from '../../src/enrich/tables/networks.js'
import { loadMapping } from '../../src/mapping/mapping.js'
import { ipfixReader } from '../../src/pcap/ipfix.js'
import { WrongInputError } from '../../src/pcap/wronginput.js'
import { factsOf, lookupsIn } from '../enrich/enriching.js'
import { openDecoder, streamOf } from '../support/decode.js'
import { mmdb } from '../support/mmdb-writer.js'
import { mutate, mutateText } from '../support/mutate.js'
import { replayed } from '../support/replay.js'
import { captureFiles, FIXTURES, pick, realDatagrams, refusal, SILENT, type Trial, withFile } from './seeds.js'

export function captures(): Promise<Trial> {
  const seeds = captureFiles()
    .filter((file) => /\.(pcap|pcapng|cap)$/.test(file) && fs.statSync(file).size < 1 << 20)
    .map((file) => fs.readFileSync(file).subarray(0, 16_384))
  return Promise.resolve(async (random) => {
    const { counts, error } = await replayed(mutate(pick(seeds, random), pick(seeds, random), random))
    if (error === undefined) return counts.datagrams > 0 ? 'datagrams' : 'packets, no datagram'
    return error instanceof WrongInputError ? 'no capture' : refusal(error)
  })
}

/** RFC 5655. */
export async function ipfixFile(): Promise<Trial> {
  const seeds = (await realDatagrams(10)).map(({ payload }) => payload).filter((payload) => payload.readUInt16BE(0) === 10)
  return (random) => {
    let messages = 0
    const reader = ipfixReader((buf, start, end) => {
      if (end - start < 16 || end > buf.length) throw new Error('a message that is none')
      messages++
      return true
    })
    try {
      reader.push(mutate(Buffer.concat([pick(seeds, random), pick(seeds, random)]), pick(seeds, random), random))
      reader.end()
      return 'read to its end'
    } catch (error) {
      const kind = error instanceof WrongInputError ? 'no IPFIX' : refusal(error)
      return messages > 0 ? `${kind}, behind a message` : kind
    }
  }
}

const TABLES = [
  'network,name,role,site,asn,country,city\n192.0.2.0/24,office,clients,zurich,64500,CH,Zürich\n2001:db8::/32,"a ""b"", c",,,AS64501,de,\n0.0.0.0/0,all,,,,,\n',
  'exporter,name,group,role,site\n192.0.2.7,edge-1,edge,border,zurich\n2001:db8::/48,core,,"two\nlines",\n',
  'exporter,ifindex,name,description,speed,boundary\n192.0.2.0/24,7,xe-0/0/7,"to ""peer""",10G,external\r\n192.0.2.7,8,ae1,,2.5G,internal\r\n'
]

/** flow-enrich's -networks, -exporters and -interfaces, each with its own and with the others' columns. */
export function tables(): Promise<Trial> {
  return Promise.resolve((random) =>
    withFile(mutateText(pick(TABLES, random), pick(TABLES, random), random), async (file) => {
      const readers = [openNetworks, openExporterTable, openInterfaceTable]
      const kinds = []
      for (const read of readers) kinds.push(await read([file], SILENT).then(() => 'a table', refusal))
      return kinds.includes('a table') ? 'a table' : kinds[0]
    })
  )
}

export function mappingFile(): Promise<Trial> {
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

export async function savedTemplates(): Promise<Trial> {
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
          SILENT
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
      loadTemplates(file, decoder.restore, { ...SILENT, warn: () => warnings++ })
      return warnings > 0 ? 'set aside' : 'restored'
    })
}

export function database(): Promise<Trial> {
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
