/** The table of captures that INDEX.md holds. */
import fs from 'node:fs'
import path from 'node:path'
import { CAPTURES } from '../support/shared.js'

export interface Capture {
  /** the path below the captures' folder */
  readonly name: string
  readonly path: string
  /** datagrams by protocol: nf1, nf5, nf7, nf9, ipfix, sflow5 */
  readonly datagrams: ReadonlyMap<string, number>
  /** data records of NetFlow and IPFIX; undefined where the index gives sFlow's samples in their place */
  readonly records: number | undefined
  /** sFlow samples by kind: flow, exp-flow, counter, exp-counter */
  readonly samples: ReadonlyMap<string, number>
  readonly optionsRecords: number
}

const counts = (cell: string): Map<string, number> =>
  new Map(
    cell
      .split(' ')
      .filter((word) => word.includes(':'))
      .map((word) => [word.split(':')[0], Number(word.split(':')[1])])
  )

/** The rows of INDEX.md that are captures; empty where there is none. */
export function captureIndex(): Capture[] {
  const file = path.join(CAPTURES, 'INDEX.md')
  if (!fs.existsSync(file)) return []
  const captures: Capture[] = []
  let folder = ''
  for (const line of fs.readFileSync(file, 'utf8').split('\n')) {
    folder = /^## (\S+)/.exec(line)?.[1] ?? folder
    const [, name, datagrams, versions, , records, options] = line.split('|').map((cell) => cell.trim())
    if ((options as string | undefined) === undefined || !/^\d+$/.test(datagrams)) continue
    captures.push({
      name: `${folder}/${name}`,
      path: path.join(CAPTURES, folder, name),
      datagrams: counts(versions),
      records: /^\d+$/.test(records) ? Number(records) : undefined,
      samples: counts(records),
      optionsRecords: Number(options)
    })
  }
  return captures
}
