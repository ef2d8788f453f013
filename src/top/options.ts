/** flow-top's command line. */
import { badValue, duration, wordList } from '../cli/options.js'
import { INPUT_FILES, type OptionsOf, optionTable } from '../cli/optiontable.js'
import { COUNTERS } from '../query/counters.js'

export const OPTIONS = optionTable({
  by: {
    isFields: true,
    argument: 'keys',
    help: 'what to group by at first, as src_as,dst_port; see flow-agg',
    parse: wordList,
    default: 'src_addr'
  },
  order: { argument: 'by', help: 'what groups are ordered by: bytes, packets or flows', choices: COUNTERS, default: 'bytes' },
  window: { argument: 'time', help: "how much of the stream's time is looked at", parse: atLeast('1s'), default: '60s' },
  every: { argument: 'time', help: 'how often the picture is drawn', parse: atLeast('100ms'), default: '1s' },
  once: { help: 'print one table at the end of the input, as where stdout is no terminal' },
  ...INPUT_FILES
})

export type Options = OptionsOf<typeof OPTIONS>

function atLeast(least: string): (word: string) => number {
  return (word) => {
    const ms = duration(word)
    if (ms < duration(least)) throw badValue(`At least ${least}.`)
    return ms
  }
}
