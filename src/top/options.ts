/** flow-top's command line. */
import { badValue, type CommandLine, duration, wordList } from '../cli/options.js'
import { COUNTERS, type Counter } from '../query/counters.js'

export const COMMAND: CommandLine = {
  name: 'flow-top',
  summary: 'A live view of the biggest groups of flows, as top is one of processes.',
  operands: '[EXPRESSION...]',
  options: [
    { flags: 'by <keys>', help: 'what to group by at first, as src_as,dst_port; see flow-agg', parse: wordList, default: 'src_addr' },
    { flags: 'order <by>', help: 'what groups are ordered by: bytes, packets or flows', choices: COUNTERS, default: 'bytes' },
    { flags: 'window <time>', help: "how much of the stream's time is looked at", parse: longEnough, default: '60s' },
    { flags: 'every <time>', help: 'how often the picture is drawn', parse: longEnough, default: '1s' },
    { flags: 'once', help: 'print one table at the end of the input, as where stdout is no terminal' }
  ],
  examples: [
    'flow-listen | flow-decode | flow-top',
    'flow-listen | flow-decode | flow-top -by dst_as src port 443',
    'flow-pcap -speed 1 a.pcap | flow-decode | flow-top',
    'flow-pcap a.pcap | flow-decode | flow-top -once -by src_addr/24,proto'
  ]
}

export interface Options {
  by: string[]
  order: Counter
  window: number
  every: number
  once?: boolean
}

const LEAST_MS = 100

function longEnough(word: string): number {
  const ms = duration(word)
  if (ms < LEAST_MS) throw badValue('At least 100ms.')
  return ms
}
