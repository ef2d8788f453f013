/** A target: the files of a store, of either format, as flow-store -read reads them. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type StoredFile, type StoreFormat, FORMATS, listFiles } from '../../src/store/layout.js'
import { openReader } from '../../src/store/reader.js'
import { openFile } from '../../src/store/sources.js'
import { mutate } from '../support/mutate.js'
import { ROOT, runPipeline } from '../support/tools.js'
import { pick, type Random, refusal, type Trial, withFile } from './seeds.js'

interface Seed {
  readonly file: StoredFile
  readonly bytes: Buffer
}

/** Files of a format as flow-store writes them. */
async function written(format: StoreFormat): Promise<Seed[]> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'fuzz-'))
  const capture = path.join(ROOT, 'test/fixtures/demo.pcap')
  await runPipeline(`flow-pcap ${capture} | flow-decode | flow-store -dir ${dir} -format ${format}`)
  const files = await listFiles(dir)
  const seeds = files.map((file) => ({ file, bytes: fs.readFileSync(file.path) }))
  fs.rmSync(dir, { recursive: true })
  return seeds
}

/** What a reader believes stands at the end of Parquet: half of the changes are there. */
const FOOTER_BYTES = 8192

function changed(bytes: Buffer, other: Buffer, random: Random): Buffer {
  if (random() % 2 === 0) return mutate(bytes, other, random)
  const at = Math.max(0, bytes.length - (random() % FOOTER_BYTES))
  return Buffer.concat([bytes.subarray(0, at), mutate(bytes.subarray(at), other, random)])
}

export async function storedFiles(): Promise<Trial> {
  const seeds = (await Promise.all(FORMATS.map(written))).flat()
  return (random) => {
    const { file, bytes } = pick(seeds, random)
    return withFile(changed(bytes, pick(seeds, random).bytes, random), async (path) => {
      let flows = 0
      try {
        const changed = { ...file, path }
        const reader = await openReader(changed, (await openFile(changed))!, () => undefined)
        if (reader === undefined) return `${file.format}: no flows`
        do flows++
        while (reader.step() || (await reader.refill()))
        return `${file.format}: read to its end`
      } catch (error) {
        const trap = error instanceof Error && error.message.includes('it is broken') ? ', a trap' : ''
        return `${file.format}: ${refusal(error)}${trap}${flows > 0 ? ', behind flows' : ''}`
      }
    })
  }
}
