/**
 * `npm run goflow2 [-- CAPTURE…]`: what goflow2, where it is on the PATH, and our tools make of the same captures: the given ones, or all that there
 * are. Prints tables in Markdown: flows of each, and the fields that differ. docs/goflow2.md says why they do.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { captureIndex } from '../captures/capture-index.js'
import { ROOT } from '../support/tools.js'
import { ourFlows, theirFlows } from './collectors.js'
import { compareFlows, differencesText } from './compare.js'

function allCaptures(): string[] {
  const fixtures = path.join(ROOT, 'test/fixtures')
  const own = fs.readdirSync(fixtures).map((name) => path.join(fixtures, name))
  return [...own, ...captureIndex().map(({ path: file }) => file)].filter((file) => /\.(pcap|pcapng|cap)$/.test(file))
}

async function compareAll(captures: readonly string[]): Promise<void> {
  const everywhere = new Map<string, number>()
  const total = { ours: 0, theirs: 0, same: 0 }
  process.stdout.write(
    '| capture | flows here | of goflow2 | only here | only of goflow2 | equal | fields that differ |\n|---|---|---|---|---|---|---|\n'
  )
  for (const capture of captures) {
    const { ours, theirs, onlyOurs, onlyTheirs, same, different } = compareFlows(await ourFlows(capture), await theirFlows(capture))
    total.ours += ours
    total.theirs += theirs
    total.same += same
    for (const [name, count] of different) everywhere.set(name, (everywhere.get(name) ?? 0) + count)
    const cells = [path.basename(capture), ours, theirs, onlyOurs, onlyTheirs, same, differencesText(different)]
    process.stdout.write(`| ${cells.join(' | ')} |\n`)
  }
  process.stdout.write(
    `\n${captures.length} captures: ${total.ours} flows here, ${total.theirs} of goflow2, ${total.same} equal. Fields that differ: ${differencesText(everywhere) || 'none'}.\n`
  )
}

if (spawnSync('goflow2', ['-v']).error !== undefined) {
  process.stderr.write('no goflow2 on the PATH: there is nothing to compare with\n')
  process.exitCode = 69
} else {
  const given = process.argv.slice(2)
  await compareAll(given.length > 0 ? given : allCaptures())
}
