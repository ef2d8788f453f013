/** flow-send: datagrams on to other collectors, and flows to them as IPFIX. */
import { FILES } from '../cli/definition.js'
import { EXIT, UserError } from '../cli/exit.js'
import { readFrames } from '../cli/filter.js'
import { timerDuration, wholeNumber } from '../cli/options.js'
import { type OptionsOf, optionTable } from '../cli/optiontable.js'
import { defineTool, type Tool } from '../cli/tool.js'
import { appender } from '../flow/copy.js'
import type { FrameHandler } from '../flow/frames.js'
import type { Output, Sink } from '../flow/output.js'
import { udpTargetsOf } from './udptargets.js'
import { sendingTo } from './sending.js'
import { filesOf, type HostTarget, parseTargets } from './targets.js'
import { declareMetrics, summaryOf } from './metrics.js'

const OPTIONS = optionTable({
  to: {
    argument: 'targets',
    help:
      'where to, as 10.0.0.1:9996,[2001:db8::5]:2055, flows also as ipfix+tcp://HOST:PORT, ipfix+tls://HOST:PORT or file:PATH; ' +
      'behind ?allow=192.0.2.0/24,… stand the exporters whose datagrams or flows a target gets',
    parse: parseTargets,
    writes: filesOf
  },
  tee: { help: 'what is read goes on to stdout as well' },
  mtu: { rare: true, argument: 'bytes', help: 'flows: bytes of a message at the most', parse: wholeNumber(576, 65_507), default: 1400 },
  domain: {
    rare: true,
    argument: 'id',
    help: "flows: observation domain of the first exporter; the others' follow",
    parse: wholeNumber(0, 2 ** 32 - 1),
    default: 1
  },
  'template.every': {
    rare: true,
    argument: 'duration',
    help: 'flows: how often templates are sent again over UDP',
    parse: timerDuration,
    default: '60s'
  },
  nanoseconds: { rare: true, help: 'flows: start and end in nanoseconds instead of milliseconds' }
})

export const tool = defineTool(
  {
    name: 'flow-send',
    summary: 'Sends datagrams, as they came, and flows, as IPFIX, to other collectors.',
    operands: FILES,
    modes: [
      { when: ['tee'], reads: ['Datagram', 'FlowMessage'], writes: ['Datagram', 'FlowMessage'] },
      { reads: ['Datagram', 'FlowMessage'], writes: 'nothing' }
    ],
    options: OPTIONS,
    examples: [
      'flow-listen | flow-send -tee -to 10.0.0.1:9996 | flow-decode | flow-format',
      'flow-listen | flow-decode | flow-send -to ipfix+tcp://collector:4739',
      'flow-pcap -speed 1 day.pcap | flow-send -to localhost:2055'
    ]
  },
  run
)

async function run(tool: Tool<OptionsOf<typeof OPTIONS>>): Promise<void> {
  const { options, log } = tool
  const { to: targets, mtu, domain: firstDomain, nanoseconds, 'template.every': defineEveryMs } = options
  if (targets === undefined) throw new UserError(EXIT.usage, 'where to? -to HOST:PORT, as -to 10.0.0.1:9996')
  const output = options.tee ? tool.stdout() : undefined
  const byUdp = targets.filter((target): target is HostTarget => target.transport === 'udp')
  const udpTargets = udpTargetsOf(byUdp, log)
  await udpTargets.resolve()
  if (byUdp.length === targets.length && udpTargets.all.every(({ address }) => address === undefined))
    throw new UserError(EXIT.unavailable, 'no target of -to has an address')
  const sending = sendingTo(targets, udpTargets, { mtu, firstDomain, nanoseconds, defineEveryMs }, log)
  await tool.serve((metrics) => {
    declareMetrics(metrics, sending)
  })
  tool.summary(() => summaryOf(sending))
  tool.signals.onStop((signal) => {
    if (signal === 'SIGTERM') sending.hurry()
  })

  if (output === undefined) await readFrames(tool, sending, sending.onFrame)
  else {
    try {
      await readFrames(tool, atReadersPace(output, sending), passedOn(sending.onFrame, output))
    } finally {
      await sending.end()
    }
  }
  udpTargets.close()
}

/** The reader of stdout sets the pace, and no target does. */
function atReadersPace(output: Output, sending: Pick<Sink, 'commit'>): Sink {
  return {
    commit() {
      output.commit()
      sending.commit()
    },
    get blocked() {
      return output.blocked
    },
    ready: () => output.ready(),
    end: () => output.end()
  }
}

/** Each frame goes on to stdout as well. */
function passedOn(send: FrameHandler, output: Output): FrameHandler {
  const append = appender(output)
  return (buf, start, end, frameStart) => {
    send(buf, start, end, frameStart)
    append(buf, frameStart, end)
  }
}
