/** flow-send: datagrams on to other collectors. */
import { EXIT, UserError } from '../cli/exit.js'
import { readFrames } from '../cli/filter.js'
import { FILES } from '../cli/definition.js'
import { type OptionsOf, optionTable } from '../cli/optiontable.js'
import { defineTool, type Tool } from '../cli/tool.js'
import { copier } from '../flow/copy.js'
import type { FrameHandler } from '../flow/frames.js'
import type { Output, Sink } from '../flow/output.js'
import { destinationsOf } from './destinations.js'
import { exportersOf } from './exporters.js'
import { type Relay, relay } from './relay.js'
import { parseTargets } from './targets.js'
import { declareMetrics, summaryOf } from './told.js'

const OPTIONS = optionTable({
  to: {
    argument: 'targets',
    help: 'where to, as 10.0.0.1:9996,[2001:db8::5]:2055; behind ?allow=192.0.2.0/24,… stand the exporters whose datagrams a target gets',
    parse: parseTargets
  },
  tee: { help: 'what is read goes on to stdout as well' }
})

export const tool = defineTool(
  {
    name: 'flow-send',
    summary: 'Sends datagrams, as they came, to other collectors.',
    operands: FILES,
    modes: [
      { when: ['tee'], reads: ['Datagram'], writes: ['Datagram'] },
      { reads: ['Datagram'], writes: 'nothing' }
    ],
    options: OPTIONS,
    examples: [
      'flow-listen | flow-send -tee -to 10.0.0.1:9996,[2001:db8::5]:2055 | flow-decode | flow-format',
      'flow-pcap -speed 1 day.pcap | flow-send -to localhost:2055'
    ]
  },
  run
)

async function run(tool: Tool<OptionsOf<typeof OPTIONS>>): Promise<void> {
  const { options, log } = tool
  if (options.to === undefined) throw new UserError(EXIT.usage, 'where to? -to HOST:PORT, as -to 10.0.0.1:9996')
  const output = options.tee ? tool.stdout() : undefined
  const destinations = destinationsOf(options.to, log)
  await destinations.resolve()
  if (destinations.all.every(({ address }) => address === undefined))
    throw new UserError(EXIT.unavailable, 'no target of -to has an address')
  const exporters = exportersOf(destinations.all)
  const sending = relay(destinations.all, exporters)
  await tool.serve((metrics) => {
    declareMetrics(metrics, destinations, exporters, sending)
  })
  tool.summary(() => summaryOf(destinations, exporters, sending))

  await readFrames(tool, output ?? sinkOf(sending), output === undefined ? sending.onFrame : passedOn(sending.onFrame, output))
  await sending.end()
  exporters.closeAll()
  destinations.close()
}

/** Each frame goes on to stdout, whose reader alone sets the pace. */
function passedOn(send: FrameHandler, output: Output): FrameHandler {
  const copy = copier()
  return (buf, start, end, frameStart) => {
    send(buf, start, end, frameStart)
    output.reserve(end - frameStart)
    output.pos = copy(output.buf, output.pos, buf, frameStart, end)
  }
}

/** Without a reader the targets set the pace: what could go to none of them waits. */
function sinkOf(sending: Relay): Sink {
  return {
    commit: () => undefined,
    get blocked() {
      return sending.blocked
    },
    ready: () => sending.ready(),
    end: () => sending.end()
  }
}
