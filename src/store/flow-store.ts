/** flow-store: FlowMessages into files by time, and back. */
import { FILES } from '../cli/definition.js'
import { readFrames } from '../cli/filter.js'
import { plural } from '../cli/plural.js'
import { defineTool, type Tool } from '../cli/tool.js'
import { appendText } from '../flow/appendable.js'
import { mappingOf } from '../mapping/option.js'
import { timedInput } from '../query/streamtime.js'
import { type Disk, makeFolder, openDisk } from './disk.js'
import { listFiles } from './layout.js'
import { longestWindow, noteWindow } from './lengths.js'
import { lockStore } from './lock.js'
import { folderOfOptions, type Options, OPTIONS } from './options.js'
import { loadParquet } from './parquet.js'
import { readStore } from './reading.js'
import { repairParts } from './repair.js'
import { openRetention, type Retention } from './retention.js'
import { storing } from './storing.js'
import { declareMetrics, summaryOf } from './metrics.js'
import { binWriter, windowFiles } from './windowfile.js'

export const tool = defineTool(
  {
    name: 'flow-store',
    summary: 'Writes flows into files by the time of their receipt, Parquet or as they came; with -read, gives them back.',
    operands: FILES,
    modes: [
      { when: ['read'], reads: 'nothing', writes: ['FlowMessage'], insteadOfOperand: 'dir' },
      { reads: ['FlowMessage'], writes: 'text' }
    ],
    options: OPTIONS,
    examples: [
      'flow-listen | flow-decode | flow-store -dir flows -keep 30d -max-size 500G',
      'flow-store -read -dir flows -since 2h | flow-agg -by src_as | flow-format'
    ]
  },
  async (tool) => (tool.options.read ? readStore(tool, folderOfOptions(tool.options)) : store(tool, folderOfOptions(tool.options)))
)

/** How often files are looked at that have become too old. */
const RETENTION_INTERVAL_MS = 60_000
/** How long a full disk is waited for after SIGTERM. */
const WAIT_AFTER_TERM_MS = 10_000

async function store(tool: Tool<Options>, dir: string): Promise<void> {
  const { options, log } = tool
  const { every, format, grace } = options
  const { schema } = await mappingOf(tool)
  const output = tool.stdout()
  let longest = await longestWindow(dir)
  const limits = { keep: options.keep ?? Infinity, maxSize: options['max-size'] ?? Infinity }
  const retention = openRetention(dir, limits, () => longest, log)
  const disk = openDisk(dir, log, () => retention.run())
  tool.signals.onStop((signal) => {
    if (signal === 'SIGTERM') disk.waitNoLongerThan(WAIT_AFTER_TERM_MS)
  })
  longest = await prepare(disk, dir, every)

  const logFile = (file: string, bytes: number, start: number): void => {
    retention.add({ path: file, start }, bytes)
    appendText(output, `${file}\n`)
    output.flush()
  }
  await repairParts(disk, dir, log, logFile)
  await retention.run()
  const writerOf = format === 'parquet' ? await loadParquet(schema) : binWriter
  const files = windowFiles(disk, dir, format, writerOf, async (file, bytes, start) => {
    logFile(file, bytes, start)
    await retention.run()
  })
  const work = storing(
    { every, grace, mostOpen: format === 'parquet' ? MOST_OPEN_PARQUET : MOST_OPEN },
    () => retention.refuseBefore(),
    files,
    log
  )
  const timer = keepRunning(retention)
  process.on('exit', () => {
    const lost = work.unfinished()
    if (lost > 0) log.error(`${plural(lost, 'flow')} were read and are in no whole file`)
  })
  await tool.serve((metrics) => {
    declareMetrics(metrics, work, retention, disk)
  })
  tool.summary(() => summaryOf(work, retention))
  try {
    await readFrames(tool, work.sink, work.onFrame, {
      through: (input) => timedInput(input, work.time, () => work.time.now + work.windows.wait())
    })
  } finally {
    clearInterval(timer)
  }
  await output.end()
}

/** Windows open at a time: each of Parquet's has a row group in memory. */
const MOST_OPEN = 64
const MOST_OPEN_PARQUET = 12

/** Makes the folder, and makes sure that nobody else writes into it; returns the longest of the windows that its files have. */
async function prepare(disk: Disk, dir: string, every: number): Promise<number> {
  await disk.run(`write to ${dir}`, async () => {
    await makeFolder(dir)
    lockStore(dir)
  })
  return disk.run(`write to ${dir}`, async () => noteWindow(dir, every, (await listFiles(dir)).length === 0))
}

function keepRunning(retention: Retention): NodeJS.Timeout {
  return setInterval(() => void retention.run(), RETENTION_INTERVAL_MS).unref()
}
