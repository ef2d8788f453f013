/** What a soak gives, as tables in Markdown and as a page of docs/. */
import type { Injected } from './exporters.js'

export interface SoakResult {
  readonly minutes: number
  readonly flowsPerSecond: number
  /** by protocol: how many there were, and their datagrams and flows */
  readonly exporters: readonly { readonly name: string; readonly datagrams: number; readonly sent: number; readonly arrived: number }[]
  readonly injected: Injected
  /** units that the sequence numbers of these exporters say are missing */
  readonly missing: number
  readonly brokenErrors: number
  readonly internalErrors: number
  /** flows with a value that is not what was sent */
  readonly wrong: number
  /** resident, in MiB */
  readonly memory: { readonly everySeconds: number; readonly byTool: ReadonlyMap<string, readonly number[]> }
  /** the last lines of the tools */
  readonly summaries: readonly string[]
}

/** Points of time at which memory is shown, besides the most. */
const POINTS = 6

export function tablesOf(result: SoakResult): string {
  const { minutes, flowsPerSecond, exporters, injected, missing, brokenErrors, internalErrors, wrong, memory, summaries } = result
  const samples = Math.max(...[...memory.byTool.values()].map(({ length }) => length))
  const points = [...new Set(Array.from({ length: POINTS }, (_, i) => Math.round((i * (samples - 1)) / (POINTS - 1))))]
  return [
    `${minutes} minutes, ${flowsPerSecond} flows a second, Node ${process.version}\n`,
    table(
      ['exporters', 'datagrams', 'flows sent', 'flows arrived', 'lost'],
      exporters.map(({ name, datagrams, sent, arrived }) => [name, datagrams, sent, arrived, sent - arrived])
    ),
    table(['done to the collector', 'times'], [...injected]),
    table(
      ['flow-decode counted', 'units'],
      [
        ['missing by the sequence numbers of these exporters', missing],
        ['errors of the broken datagrams', brokenErrors],
        ['internal errors', internalErrors],
        ['flows with a wrong value', wrong]
      ]
    ),
    table(
      ['memory, MiB', ...points.map((point) => `${(point + 1) * memory.everySeconds} s`), 'most'],
      [...memory.byTool].map(([tool, seen]) => [tool, ...points.map((point) => seen[point].toFixed(0)), Math.max(...seen).toFixed(0)])
    ),
    `\n\`\`\`text\n${summaries.join('\n')}\n\`\`\`\n`
  ].join('')
}

/** The tables with what a reader of docs/ has to know. */
export function pageOf(result: SoakResult): string {
  return `# A soak

\`npm run soak 5 20000 docs/soak.md\` made this page: a pipeline of flow-listen, flow-decode and flow-format on one machine, under a steady load of real
datagrams over UDP from exporters that restart with another source port, sequence number and uptime and send data before their templates,
redefine a template while it is in use, and leave datagrams out. Beside them, made-up addresses send templates of random elements, broken
datagrams come, and the reader of the output stands still now and then. Every flow of the exporters is counted at the far end, and its values are
compared with what was sent.

${tablesOf(result)}
The sequence numbers of NetFlow v9 and sFlow count datagrams: what was left out is what flow-decode says is missing, but for what a restart
hides. The made-up exporters cost memory up to \`-state.bytes\` and no more; see [operating.md](operating.md).
`
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |\n`
  return `\n${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`
}

/** Sums a metric of a page of Prometheus' over the series whose labels have all these words. */
export function metricsSums(page: string): (name: string, ...words: string[]) => number {
  return (name, ...words) => {
    let sum = 0
    for (const line of page.split('\n')) {
      if (line.startsWith(name) && words.every((word) => line.includes(word))) sum += Number(line.slice(line.lastIndexOf(' ') + 1))
    }
    return sum
  }
}
