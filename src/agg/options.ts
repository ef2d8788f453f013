/** flow-agg's command line, and what it asks for. */
import { EXIT, UserError } from '../cli/exit.js'
import { badValue, duration, wholeNumber, wordList } from '../cli/options.js'
import { type OptionsOf, optionTable } from '../cli/optiontable.js'
import { byteSize } from '../cli/sizes.js'
import type { Grouping } from '../query/aggregate.js'
import { keyParts, singlePart } from '../query/by.js'
import { COUNTERS } from '../query/counters.js'
import { flowMessage } from '../flow/proto.js'
import { compileFilter, type Filter } from '../query/filter.js'
import { asUserError } from '../query/usererror.js'
import { SUMS } from '../schema/aggregates.js'
import { type Time, TIMES } from './placing.js'

export const OPTIONS = optionTable({
  by: {
    isFields: true,
    argument: 'keys',
    help: 'group by fields, as src_as,dst_port or src_addr/24:56; addr, port … count either end',
    parse: wordList
  },
  every: { argument: 'time', help: 'length of a window, as 1m; without it one sum at the end of the input', parse: windowLength },
  time: {
    rare: true,
    argument: 'which',
    help: "which of a flow's times chooses its window: received, start or end",
    choices: TIMES,
    default: 'received'
  },
  grace: {
    rare: true,
    argument: 'time',
    help: 'wait so long for late flows behind the end of a window [10s; 2m with -time start, end or -spread]',
    parse: duration
  },
  top: { argument: 'n', help: 'only the first n groups of each window, the others as one sum', parse: wholeNumber(1) },
  order: {
    argument: 'by',
    help: 'what groups are ordered by: bytes, packets, flows or distinct',
    choices: [...COUNTERS, 'distinct'],
    default: 'bytes'
  },
  having: { argument: 'expression', help: "only groups that match, as 'bps > 1G' (man flow-filter has the language)" },
  distinct: { isFields: true, argument: 'field', help: 'count the different values of a field in each group' },
  spread: { help: 'divide a flow over the windows that it lasted through' },
  'raw-counts': { rare: true, help: 'leave bytes and packets as they are, not multiplied by the sampling rate' },
  'max-groups': {
    rare: true,
    argument: 'n',
    help: 'groups held at a time; what is past them goes to the rest',
    parse: wholeNumber(1),
    default: 1_000_000
  },
  memory: { rare: true, argument: 'size', help: 'memory that groups may take, as 512Mi', parse: byteSize(2 ** 20), default: '512Mi' },
  'metrics.series': {
    rare: true,
    argument: 'n',
    help: 'groups that -addr serves as series of their own',
    parse: wholeNumber(),
    default: 1000
  }
})

export type Options = OptionsOf<typeof OPTIONS>

const GRACE_MS = 10_000
/** Where a flow comes in when it is over, long after its start: more than the exporters' active timeout. */
const LONG_GRACE_MS = 120_000

/** What the options ask for, checked together. Throws UserError with code 64. */
export interface Request {
  readonly grouping: Grouping
  /** milliseconds; 0: one window of all time */
  readonly every: number
  readonly grace: number
  readonly time: Time
  readonly spread: boolean
  readonly top: number
  /** what groups have to match */
  readonly having: Filter | undefined
}

/** Throws UserError with code 64 where options do not go together, or name what there is not. */
export function requestOf(options: Options): Request {
  const { every = 0, spread, time, order, distinct } = options
  if (spread && every === 0) throw new UserError(EXIT.usage, '-spread divides flows over windows: give -every too, as -every 1m')
  if (order === 'distinct' && distinct === undefined) {
    throw new UserError(EXIT.usage, '-order distinct needs the field whose values are counted: -distinct dst_port')
  }
  const parts = keyParts(options.by ?? [], 'by')
  const grouping = {
    parts,
    order,
    distinct: distinct === undefined ? undefined : singlePart(distinct.trim(), 'distinct'),
    times: every === 0,
    raw: options['raw-counts']
  }
  return {
    grouping,
    every,
    grace: options.grace ?? (spread || time !== 'received' ? LONG_GRACE_MS : GRACE_MS),
    time,
    spread,
    top: options.top ?? Infinity,
    having: options.having === undefined ? undefined : havingOf(options.having, grouping)
  }
}

function havingOf(text: string, { parts, distinct }: Grouping): Filter {
  const filter = asUserError(() => compileFilter(text, { schema: flowMessage, now: BigInt(Date.now()) * 1_000_000n }), {
    prefix: '-having: '
  })
  const names = new Set([...SUMS, ...parts.flatMap(({ field, cut }) => [field.name, cut?.length?.name])])
  names.delete('groups') // only the rest has it
  if (distinct === undefined) names.delete('distinct')
  const absent = filter.neverSet(({ name }) => names.has(name))
  if (absent !== undefined)
    throw new UserError(
      EXIT.usage,
      `-having: no group has ${absent.name}: it is neither a key of -by nor a sum; flow-filter in front chooses flows`
    )
  return filter
}

function windowLength(word: string): number {
  const ms = duration(word)
  if (!Number.isInteger(ms) || ms < 1) throw badValue('A window is as long as a whole number of milliseconds, at least one: 10s, 1m, 1h.')
  return ms
}
