/**
 * What the documents show works. Every option in a block of shell is one of its tool's. A block marked `sh run` is run, in a folder with
 * demo.pcap (also as capture.pcap and capture.pcapng.gz), flows.bin (its flows) and the files of the document's blocks marked `name=FILE`; a block of `text` behind it is its output.
 * (its first lines, where it ends in …). What a document cannot have here has a stand-in: flow-listen gives the datagrams of demo.pcap,
 * tcpdump its packets, npm does nothing.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import { ROOT } from '../support/tools.js'
import { type Block, blocksOf, documents } from './blocks.js'

const BIN = path.join(ROOT, 'bin')
const DEMO = path.join(ROOT, 'test/fixtures/demo.pcap')
const TOOLS = fs.readdirSync(BIN).filter((file) => file.startsWith('flow-'))
const MOST_MS = 60_000

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'documents-'))
after(() => {
  fs.rmSync(folder, { recursive: true })
})

const standIns = path.join(folder, 'stand-ins')
fs.mkdirSync(standIns)
for (const [name, line] of [
  ['flow-listen', `exec ${BIN}/flow-pcap ${DEMO}`],
  ['tcpdump', `exec cat ${DEMO}`],
  ['npm', '']
]) {
  fs.writeFileSync(path.join(standIns, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 })
}
// so that `import … from 'flow-pipeline'` finds the package, as it does where that is installed
fs.mkdirSync(path.join(folder, 'node_modules'))
fs.symlinkSync(ROOT, path.join(folder, 'node_modules/flow-pipeline'))
for (const name of ['bin', 'test']) fs.symlinkSync(path.join(ROOT, name), path.join(folder, name))
const environment = { ...process.env, PATH: [standIns, BIN, process.env.PATH].join(':'), FLOW_LOGLEVEL: 'warn', TZ: 'UTC' }

function shell(text: string): { stdout: string; stderr: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync('bash', ['-o', 'pipefail', '-c', text], {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
    timeout: MOST_MS
  })
  return { stdout, stderr, status }
}

fs.copyFileSync(DEMO, path.join(folder, 'demo.pcap'))
shell('flow-pcap demo.pcap | flow-decode > flows.bin; cp demo.pcap capture.pcap; gzip -c demo.pcap > capture.pcapng.gz')

const optionsOf = new Map(TOOLS.map((tool) => [tool, optionsIn(execFileSync(path.join(BIN, tool), ['-h', 'all'], { encoding: 'utf8' }))]))
function optionsIn(help: string): Set<string> {
  return new Set([...help.matchAll(/^ {2}(?:-\w, )?-{1,2}([A-Za-z][\w.-]*)/gm)].map(([, name]) => name))
}

/** The command lines of a block that run a tool: its name, and its words. Quoted words are cut out: they hold expressions, not options. */
function toolLines(text: string): { tool: string; words: string[] }[] {
  const plain = text
    .replace(/\\\n/g, ' ')
    .replace(/^\s*#.*$/gm, '')
    .replace(/\s#.*$/gm, '')
    .replace(/'[^']*'|"[^"]*"/g, '…')
  return plain.split(/[|;&\n()]+/).flatMap((line) => {
    const [tool, ...words] = line.trim().split(/\s+/)
    return optionsOf.has(path.basename(tool)) ? [{ tool: path.basename(tool), words }] : []
  })
}

function checkOptions({ place, text }: Block): void {
  for (const { tool, words } of toolLines(text)) {
    for (const word of words) {
      const name = /^-{1,2}([A-Za-z][\w.-]*)/.exec(word)?.[1]
      if (name !== undefined) assert.ok(optionsOf.get(tool)!.has(name), `${place}: ${tool} has no option ${word}`)
    }
  }
}

for (const document of documents()) {
  const blocks = blocksOf(document)
  test(`${document}: tools have the options that it shows`, () => {
    for (const block of blocks) if (block.info[0] === 'sh') checkOptions(block)
  })
  for (const [i, block] of blocks.entries()) {
    const file = block.info.find((word) => word.startsWith('name='))?.slice('name='.length)
    if (file !== undefined) fs.writeFileSync(path.join(folder, file), block.text)
    if (block.info[0] !== 'sh' || !block.info.includes('run')) continue
    test(`${block.place} runs`, () => {
      const { stdout, stderr, status } = shell(block.text)
      assert.equal(status, 0, stderr)
      const shown = blocks.at(i + 1)
      if (shown?.info[0] === 'text' && shown.text.endsWith('…\n'))
        assert.equal(stdout.slice(0, shown.text.length - 2), shown.text.slice(0, -2))
      else if (shown?.info[0] === 'text') assert.equal(stdout, shown.text)
      else assert.equal(stderr, '')
    })
  }
}

test('a misspelt option, and an output that is another, are found', () => {
  const block = (text: string): Block => ({ place: 'here', info: ['sh'], text })
  assert.throws(() => {
    checkOptions(block("flow-pcap -spede 1 a.pcap | flow-decode | flow-filter 'port 53'"))
  }, /flow-pcap has no option -spede/)
  assert.deepEqual(toolLines("flow-filter -r a 'x -y' | bin/flow-format -format csv # -no\n"), [
    { tool: 'flow-filter', words: ['-r', 'a', '…'] },
    { tool: 'flow-format', words: ['-format', 'csv'] }
  ])
})
