/** flow-pcap: capture files → Datagram. */
import { FILES } from '../cli/definition.js'
import { EXIT, type ExitCode, UserError } from '../cli/exit.js'
import { STDIN } from '../cli/inputs.js'
import type { Log } from '../cli/log.js'
import { badValue, wholeNumber, wordList } from '../cli/options.js'
import { type OptionsOf, optionTable } from '../cli/optiontable.js'
import { openProgress, type Progress } from '../cli/progress.js'
import { limitOf, SOURCE_OPTIONS } from '../cli/source.js'
import { logSilence } from '../cli/waiting.js'
import { defineTool, type Tool } from '../cli/tool.js'
import { parseAddress } from '../flow/address.js'
import { type Counts, declareMetrics, newCounts, summaryOf } from './counts.js'
import { type Exporter, replay, type Replay, type ReplayOptions } from './replay.js'
import { writeCapture } from './writing.js'
import { bytesOf, inputError, openSource } from './sources.js'

const OPTIONS = optionTable({
  port: { argument: 'ports', help: 'take all UDP to these ports and no other, as 2055,6343', parse: portSet },
  speed: {
    argument: 'factor',
    help: "1 keeps the capture's pace, 10 is ten times it; 0: all speed",
    parse: factor,
    default: 0
  },
  raw: { help: "each FILE is one datagram's payload" },
  ipfix: { help: 'each FILE is IPFIX messages, one after another (RFC 5655)' },
  src: {
    argument: 'address',
    help: 'the exporter of -raw and -ipfix, as 192.0.2.1:2055 [127.0.0.1]',
    parse: exporterOf
  },
  ...SOURCE_OPTIONS,
  w: {
    argument: 'file',
    help: 'the other way: write what comes in to a capture (- for stdout)',
    writes: (file: string) => (file === STDIN ? [] : [file])
  }
})
type Options = OptionsOf<typeof OPTIONS>

export const tool = defineTool(
  {
    name: 'flow-pcap',
    summary: 'Reads captures (pcap, pcapng, gzip) and writes the NetFlow, IPFIX and sFlow datagrams in them for flow-decode.',
    operands: FILES,
    modes: [
      { when: ['w=-'], reads: ['Datagram'], writes: 'capture' },
      { when: ['w'], reads: ['Datagram'], writes: 'nothing' },
      { reads: 'capture', writes: ['Datagram'] }
    ],
    options: OPTIONS,
    examples: [
      'flow-pcap export.pcap.gz | flow-decode | flow-format',
      'tcpdump --immediate-mode -U -w - udp | flow-pcap | flow-decode | flow-format',
      'flow-pcap -speed 1 monday.pcapng | flow-decode | flow-top',
      'flow-listen | flow-pcap -w export.pcap'
    ]
  },
  run
)

async function run(tool: Tool<Options>): Promise<ExitCode> {
  const { options, operands, log, signals } = tool
  checkOptions(options)
  if (options.w !== undefined) {
    await writeCapture(tool, options.w)
    return EXIT.ok
  }
  const files = operands.length === 0 ? [STDIN] : operands
  const totalBytes = bytesOf(files)
  const output = tool.stdout(() => {
    player.cancel()
  })
  const counts = newCounts()
  const replayOptions = replayOptionsOf(options)
  const player = replay(replayOptions, limitOf(tool), output, counts, log)
  signals.onStop(() => {
    player.stop()
  })
  await tool.serve((metrics) => {
    declareMetrics(metrics, counts, output)
  })
  // of what is no capture at all, the error has said enough
  tool.summary(() => (counts.badFiles < counts.files || counts.packets + counts.datagrams > 0 ? summaryOf(counts, replayOptions.kind) : ''))
  logSilence(log, 'nothing on stdin yet', () => counts.bytes > 0)
  const progress = await openProgress(options.loglevel === 'info' || options.loglevel === 'debug' ? totalBytes : 0)
  const exitCode = await playAll(files, player, counts, progress, log)
  await output.end()
  return exitCode
}

/** Plays file after file; one that is broken costs a line and the exit code, which is that of the first. */
async function playAll(files: readonly string[], player: Replay, counts: Counts, progress: Progress, log: Log): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok
  const onRead = (bytes: number): void => {
    counts.bytes += bytes
    progress.update(counts.bytes)
  }
  try {
    for (const file of files) {
      if (player.stopped) break
      counts.files++
      try {
        await player.play(openSource(file, onRead))
      } catch (error) {
        const known = inputError(file, error)
        if (known === undefined) throw error
        if (player.stopped) break // what a signal ended may be cut short
        counts.badFiles++
        if (exitCode === EXIT.ok) exitCode = known.exitCode
        progress.interrupt(() => {
          log.error(known.message)
        })
      }
    }
  } finally {
    progress.end()
  }
  player.end()
  return exitCode
}

function replayOptionsOf({ raw, ipfix, port, src, speed }: Options): ReplayOptions {
  return {
    kind: raw ? 'raw' : ipfix ? 'ipfix' : 'capture',
    exporter: src ?? exporterOf('127.0.0.1'),
    ports: port,
    speed
  }
}

function checkOptions({ raw, ipfix, port, speed, src, w, ...limits }: Options): void {
  const isLimited = limits.for !== undefined || limits.count !== undefined
  if (w !== undefined && (raw || ipfix || port !== undefined || speed > 0 || src !== undefined || isLimited)) {
    throw new UserError(EXIT.usage, '-w writes a capture; -raw, -ipfix, -port, -speed, -src, -for and -count are for reading one')
  }
  const payloads = raw || ipfix
  if (raw && ipfix) throw new UserError(EXIT.usage, '-raw or -ipfix: a file is a payload or IPFIX messages, not both')
  if (payloads && port !== undefined)
    throw new UserError(EXIT.usage, '-port is for captures: what -raw and -ipfix read was sent to no port')
  if (!payloads && src !== undefined)
    throw new UserError(EXIT.usage, '-src goes with -raw or -ipfix: in a capture the packets name their exporter')
  if (raw && speed > 0) throw new UserError(EXIT.usage, '-speed is for captures and -ipfix: a payload of -raw has no time')
}

function portSet(word: string): ReadonlySet<number> {
  const ports = wordList(word).map(wholeNumber(0, 65_535))
  if (ports.length === 0) throw badValue('Ports are numbers, as 2055,6343.')
  return new Set(ports)
}

function factor(word: string): number {
  const value = Number(word)
  if (!/^(\d+\.?\d*|\.\d+)$/.test(word) || value > 1e9) throw badValue('A factor is a number, as 1, 10 or 0.5.')
  return value
}

function exporterOf(word: string): Exporter {
  const match = /^(?:\[(.*)\]|([^:]*)|(.*:.*:.*))(?::(\d{1,5}))?$/.exec(word)
  const address = parseAddress(match?.[1] ?? match?.[2] ?? match?.[3] ?? '')
  const port = Number(match?.[4] ?? 0)
  if (address === undefined || port > 65_535)
    throw badValue('An exporter is ADDRESS or ADDRESS:PORT, as 192.0.2.1:2055 or [2001:db8::1]:2055.')
  return { address, port }
}
