/** Measures whole processes: wall clock and CPU time of one command with a file as its stdin and /dev/null as its stdout. */
import { spawnSync } from 'node:child_process'

export interface Measured {
  readonly seconds: number
  readonly cpuSeconds: number
}

/** Runs a command line of the shell; throws where it fails. */
export function measure(command: string): Measured {
  const script = `TIMEFORMAT='%R %U %S'; time { ${command}; }`
  const { status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
  const [last] = stderr.trim().split('\n').slice(-1)
  const [seconds, user, system] = last.split(' ').map(Number)
  if (status !== 0 || !(seconds > 0)) throw new Error(`${command}: exit ${status}\n${stderr}`)
  return { seconds, cpuSeconds: user + system }
}

/** The run with the median CPU time of `runs`. */
export function median(runs: number, command: string): Measured {
  const all = Array.from({ length: runs }, () => measure(command)).sort((a, b) => a.cpuSeconds - b.cpuSeconds)
  return all[Math.floor(all.length / 2)]
}
