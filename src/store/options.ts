/** flow-store's command line, and what it asks for. */
import { EXIT, UserError } from '../cli/exit.js'
import { badValue, duration } from '../cli/options.js'
import { type OptionsOf, optionTable } from '../cli/optiontable.js'
import { byteSize } from '../cli/sizes.js'
import { MAPPING_OPTION } from '../mapping/option.js'
import { timeOf } from '../query/literals.js'
import { FORMATS } from './layout.js'
import { LONGEST_WINDOW_MS } from './lengths.js'

const MINUTE_MS = 60_000

export const OPTIONS = optionTable({
  dir: { argument: 'folder', help: 'where the files are, as flows; made where it is not there' },
  every: { argument: 'time', help: 'one file for so long, in whole minutes up to a day', parse: windowLength, default: '5m' },
  format: { argument: 'format', help: 'parquet, or bin: the messages as they came', choices: FORMATS, default: 'parquet' },
  keep: { argument: 'time', help: 'remove files whose window ended so long ago, as 30d', parse: duration },
  'max-size': { argument: 'size', help: 'remove the oldest files past so many bytes, as 500G', parse: byteSize(1) },
  grace: { argument: 'time', help: 'wait so long for late flows behind the end of a window', parse: duration, default: '10s' },
  ...MAPPING_OPTION,
  read: { help: 'write the flows of the files to stdout, in the order of their receipt' },
  since: { argument: 'time', help: 'with -read: from then on, as 2026-11-25T09:00 or 2h (ago)', parse: pointInTime },
  until: { argument: 'time', help: 'with -read: before then', parse: pointInTime }
})

export type Options = OptionsOf<typeof OPTIONS>

/** Refuses what does not go together; returns the folder. Throws UserError with code 64. */
export function folderOfOptions({ dir, read, since, until, keep, 'max-size': maxSize }: Options): string {
  if (dir === undefined || dir === '') throw new UserError(EXIT.usage, 'say which folder the files are in, as -dir flows')
  if (!read && (since ?? until) !== undefined) {
    throw new UserError(EXIT.usage, `-${since === undefined ? 'until' : 'since'} goes with -read`)
  }
  if (read && (keep ?? maxSize) !== undefined) {
    throw new UserError(EXIT.usage, `-${keep === undefined ? 'max-size' : 'keep'} is for writing: -read removes nothing`)
  }
  if (since !== undefined && until !== undefined && since >= until) throw new UserError(EXIT.usage, '-until is not later than -since')
  return dir
}

function windowLength(word: string): number {
  const ms = duration(word)
  if (ms < MINUTE_MS || ms % MINUTE_MS !== 0 || ms > LONGEST_WINDOW_MS)
    throw badValue('A file is for whole minutes, up to a day: 1m, 5m, 1h.')
  return ms
}

/** Nanoseconds since 1970. */
function pointInTime(word: string): bigint {
  const time = timeOf(word, { now: BigInt(Date.now()) * 1_000_000n })
  if (time === undefined) throw badValue('A time is 2026-11-25T09:00 (UTC unless it says a zone), 2026-11-25, or how long ago: 2h.')
  return time
}
