/** The format for the stream that comes: of flows, or of sFlow counters. Its first message shows which. */
import { UserError } from '../cli/exit.js'
import { messageKind } from '../flow/streamkind.js'
import { counterFormat } from './counters.js'
import type { Asked, Format } from './anyformat.js'
import { flowFormat, type FormatName } from './formats.js'

/** Throws UserError, 64, where what is asked suits neither; what does not suit the stream is thrown when that is known. `onBegin` gets what stands at the start of each file. */
export async function formatsByKind(name: FormatName, asked: Asked): Promise<(onBegin: (header: string) => void) => Format> {
  const { fields, ...others } = asked
  const [ofFlows, ofCounters] = await Promise.all([flowFormat(name), counterFormat(name)])
  const forFlows = attempt(() => ofFlows(asked))
  if (forFlows instanceof UserError) {
    if (fields === undefined || name === 'bin') throw forFlows
    // what is wrong beside -fields is wrong for both; its names are those of flows or those of counters
    ofFlows({ ...others, fields: undefined })
    if (attempt(() => ofCounters(asked)) instanceof UserError) throw forFlows
  }

  return (onBegin) => {
    let chosen: Format | undefined

    function choose(isCounters: boolean): Format {
      chosen = isCounters ? ofCounters(asked) : forFlows instanceof UserError ? undefined : forFlows
      if (chosen === undefined) throw forFlows as UserError
      onBegin(chosen.begin ?? '')
      return chosen
    }

    return {
      row(output, buf, start, end, frameStart) {
        chosen ??= choose(messageKind(buf.subarray(start, end)) === 'CounterSample')
        return chosen.row(output, buf, start, end, frameStart)
      },
      ...(name === 'table' ? { pause: (output) => chosen?.pause?.(output) } : {}),
      end(output) {
        chosen ??= choose(forFlows instanceof UserError)
        chosen.end?.(output)
      }
    }
  }
}

function attempt<T>(make: () => T): T | UserError {
  try {
    return make()
  } catch (error) {
    if (error instanceof UserError) return error
    throw error
  }
}
