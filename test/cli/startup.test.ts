/** What a tool's start loads: a few files of ours, and no package that only some runs need. */
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ROOT, runTool } from '../support/tools.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-startup-'))
after(() => {
  fs.rmSync(folder, { recursive: true })
})

/** Of ours; more would be a bundle that is none. */
const MOST_FILES = 10

interface Start {
  /** a command line that ends by itself on an empty stdin */
  readonly args: readonly string[]
  /** What it loads. Each costs milliseconds in every run: what only some runs need is imported when they do. */
  readonly packages: readonly string[]
}
/** It reads the words of a command line. */
const WORDS = 'commander'
const STARTS: Record<string, Start> = {
  'flow-listen': { args: ['-listen', 'netflow://127.0.0.1:0', '-for', '1ms'], packages: [WORDS] },
  'flow-pcap': { args: [], packages: [] },
  'flow-decode': { args: [], packages: [] },
  'flow-enrich': { args: [], packages: ['csv-parse'] },
  'flow-filter': { args: ['dst port https'], packages: [WORDS] },
  'flow-agg': { args: [], packages: [] },
  'flow-top': { args: [], packages: ['get-east-asian-width'] },
  'flow-format': { args: ['-format', 'csv'], packages: [WORDS] },
  'flow-kafka': { args: ['-h'], packages: ['split2'] },
  'flow-send': { args: ['-to', '127.0.0.1:9'], packages: [WORDS] },
  'flow-store': { args: ['-dir', folder, '-format', 'bin'], packages: [WORDS] }
}

const asModule = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`

/** The files that a run imports, as it imports them. */
async function importsOf(tool: string, args: readonly string[]): Promise<string[]> {
  const list = path.join(folder, `${tool}.txt`)
  fs.writeFileSync(list, '')
  const hooks = asModule(`
    import fs from 'node:fs'
    export async function resolve(specifier, context, next) {
      const found = await next(specifier, context)
      fs.appendFileSync(${JSON.stringify(list)}, found.url + '\\n')
      return found
    }`)
  const first = asModule(`import { register } from 'node:module'; register(${JSON.stringify(hooks)})`)
  await runTool(tool, args, '', { NODE_OPTIONS: `--import ${first}` })
  const urls = new Set(fs.readFileSync(list, 'utf8').split('\n'))
  return [...urls].filter((url) => url.startsWith('file:')).map((url) => path.relative(ROOT, fileURLToPath(url)))
}

const packageOf = (file: string): string | undefined => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]

for (const [tool, { args, packages }] of Object.entries(STARTS)) {
  test(`a start of ${tool} loads what every run needs`, async () => {
    const files = await importsOf(tool, args)
    const loaded = new Set(files.flatMap((file) => packageOf(file) ?? []))
    assert.deepEqual([...loaded].sort(), packages)
    const ours = files.filter((file) => packageOf(file) === undefined)
    assert.ok(ours.length <= MOST_FILES, `${ours.length} files: ${ours.join(', ')}`)
  })
}
