/** The fenced blocks of the documents. */
import fs from 'node:fs'
import path from 'node:path'
import { ROOT } from '../support/tools.js'

/** What stands between two fences; `info` are the words behind the first. */
export interface Block {
  /** where it stands, as docs/streams.md:20 */
  place: string
  info: readonly string[]
  text: string
}

/** README.md and what docs/ and compose/ have. */
export function documents(): string[] {
  const below = ['docs', 'compose'].flatMap((folder) =>
    fs.readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => path.join(folder, file))
  )
  return ['README.md', ...below.filter((file) => file.endsWith('.md')).sort()]
}

export function blocksOf(document: string): Block[] {
  const lines = fs.readFileSync(path.join(ROOT, document), 'utf8').split('\n')
  const blocks: Block[] = []
  for (let i = 0; i < lines.length; i++) {
    if (!lines[i].startsWith('```')) continue
    const start = i + 1
    const end = lines.indexOf('```', start)
    if (end < 0) throw new Error(`${document}:${start}: a fence without an end`)
    blocks.push({
      place: `${document}:${start}`,
      info: lines[i].slice(3).trim().split(/\s+/),
      text: lines
        .slice(start, end)
        .map((line) => `${line}\n`)
        .join('')
    })
    i = end
  }
  return blocks
}
