/** The process that tries one target for its time: `node try-target.js NAME SECONDS SEED`; tells its parent what it is at, and what came of it. */
import { numbers } from '../support/generate.js'
import { TARGETS } from './targets.js'

/** What the parent is told. */
export type Told =
  | { readonly at: number }
  | { readonly kinds: readonly (readonly [kind: string, count: number])[]; readonly trials: number; readonly peakBytes: number }

const TELL_EVERY_MS = 200

const [name, seconds, seed] = process.argv.slice(2)
const target = TARGETS.find((row) => row.name === name)
if (target === undefined) throw new Error(`no target '${name}'`)
const tell = (told: Told): boolean | undefined => process.send?.(told)

const trial = await target.open()
const kinds = new Map<string, number>()
let trials = 0
let toldAt = 0
let peakBytes = 0
const end = performance.now() + 1000 * Number(seconds)
for (; performance.now() < end; trials++) {
  if (performance.now() - toldAt > TELL_EVERY_MS) {
    toldAt = performance.now()
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss())
    tell({ at: trials })
    // lets what was told go out, so that a trial that never ends is known by its number
    await new Promise(setImmediate)
  }
  try {
    // a seed of its own for each trial: one alone can be tried again
    const kind = await trial(numbers(Number(seed) + trials * 2_654_435_761))
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  } catch (error) {
    process.stderr.write(
      `${name}: trial ${trials} of seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`
    )
    process.exit(1)
  }
}
tell({ kinds: [...kinds], trials, peakBytes })
