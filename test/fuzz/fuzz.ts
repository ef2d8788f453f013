/**
 * `npm run fuzz [-- SECONDS [SEED]]`: changes real input of all that faces the network or a file, and looks for a crash, a hang, growth, or an error
 * that a user cannot read. At the end it says what kinds of result were seen, so that a target whose input gets nowhere shows.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Told } from './try-target.js'
import { TARGETS } from './targets.js'

const seconds = Number(process.argv[2] ?? 60)
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000_007)
const share = Math.max(seconds / TARGETS.length, 1)

/** A target that says nothing for so long hangs. Reading the seeds takes a while too. */
const SILENCE_MS = 30_000
const MOST_BYTES = 1 << 30
/** Fewer kinds than this mean that what is changed gets nowhere. */
const LEAST_KINDS = 2

interface Outcome {
  readonly lines: readonly string[]
  readonly failure?: string
}

function tryTarget(name: string): Promise<Outcome> {
  const child = fork(fileURLToPath(new URL('./try-target.js', import.meta.url)), [name, String(share), String(seed)])
  let last: Told | undefined
  let at = 0
  let isSilent = false
  const silence = setTimeout(() => {
    isSilent = true
    child.kill('SIGKILL')
  }, SILENCE_MS)
  child.on('message', (told: Told) => {
    if ('at' in told) at = told.at
    last = told
    silence.refresh()
  })
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      clearTimeout(silence)
      if (isSilent) resolve({ lines: [], failure: `hangs, at one of the trials from ${at} on` })
      else if (code !== 0 || last === undefined || !('kinds' in last)) resolve({ lines: [], failure: `ended with exit code ${code}` })
      else resolve(judged(last))
    })
  })
}

function judged({ kinds, trials, peakBytes }: Extract<Told, { kinds: unknown }>): Outcome {
  const lines = [...kinds].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${String(count).padStart(9)}  ${kind}`)
  const head = `${trials} trials, ${kinds.length} kinds of result, ${Math.round(peakBytes / 1e6)} MB at the most`
  if (peakBytes > MOST_BYTES) return { lines: [head, ...lines], failure: `took ${Math.round(peakBytes / 1e6)} MB` }
  if (kinds.length < LEAST_KINDS) return { lines: [head, ...lines], failure: 'gives one kind of result only: what is changed gets nowhere' }
  return { lines: [head, ...lines] }
}

process.stdout.write(`seed ${seed}, ${share.toFixed(1)} s a target\n`)
let failed = 0
for (const { name } of TARGETS) {
  const { lines, failure } = await tryTarget(name)
  process.stdout.write(`\n${name}\n${lines.map((line) => `  ${line}\n`).join('')}`)
  if (failure === undefined) continue
  failed++
  process.stdout.write(`  FAILED: ${failure} (npm run fuzz -- ${seconds} ${seed})\n`)
}
process.stdout.write(failed === 0 ? '\nnothing found\n' : `\n${failed} of ${TARGETS.length} targets failed\n`)
process.exitCode = failed === 0 ? 0 : 1
