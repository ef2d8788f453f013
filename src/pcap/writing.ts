/** `flow-pcap -w`: Datagrams from stdin into a capture file. */
import fs from 'node:fs'
import { EXIT, reasonNotMade, reasonOf, UserError } from '../cli/exit.js'
import { readFrames } from '../cli/filter.js'
import { STDIN as STDOUT } from '../cli/inputs.js'
import { others, plural } from '../cli/plural.js'
import type { Tool } from '../cli/tool.js'
import { openOutput, type Output } from '../flow/output.js'
import { type PacketCounts, packetWriter, pcapHeader } from './write.js'

/**
 * Writes the datagrams that come in to a file, or for `-` to stdout. What a file had is gone at the first datagram, or at the end of an input without one:
 * an input of another kind takes nothing from it.
 */
export async function writeCapture(tool: Tool, file: string): Promise<void> {
  const target = file === STDOUT ? ofStdout(tool) : openFile(file, tool)
  const { output } = target
  const { onFrame, counts } = packetWriter(output)
  let begun = false
  let withoutByte = 0

  function begin(): void {
    begun = true
    target.empty()
    const header = pcapHeader()
    output.reserve(header.length)
    output.pos += header.copy(output.buf, output.pos)
    for (; withoutByte > 0; withoutByte--) onFrame(header, 0, 0, 0)
  }

  if (!target.hasContent) {
    begin()
    output.flush() // whoever follows the file sees at once what it is
  }
  tool.summary(() => summaryOf(counts, file))
  await readFrames(tool, output, (buf, start, end, frameStart) => {
    // a message without a byte tells nothing of the input's kind
    if (!begun && end === start) withoutByte++
    else {
      if (!begun) begin()
      onFrame(buf, start, end, frameStart)
    }
  })
  if (!begun) begin()
  await output.end()
}

interface CaptureFile {
  readonly output: Output
  readonly hasContent: boolean
  /** Takes from the file what it had before. */
  empty(): void
}

function ofStdout(tool: Tool): CaptureFile {
  return { output: tool.stdout(), hasContent: false, empty: () => undefined }
}

function openFile(file: string, { inputs }: Tool): CaptureFile {
  let fd: number
  try {
    fd = fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_CREAT)
  } catch (error) {
    throw new UserError(EXIT.cannotCreate, `cannot create ${file}: ${reasonNotMade(file, error)}`)
  }
  const cannotWrite = (error: unknown): UserError => new UserError(EXIT.ioError, `cannot write ${file}: ${reasonOf(error)}`)
  const stat = fs.fstatSync(fd)
  const hasContent = stat.isFile() && stat.size > 0
  return {
    output: openOutput(fs.createWriteStream('', { fd }), (error) => {
      inputs.stop()
      return cannotWrite(error)
    }),
    hasContent,
    empty() {
      if (!hasContent) return
      try {
        fs.ftruncateSync(fd)
      } catch (error) {
        throw cannotWrite(error)
      }
    }
  }
}

function summaryOf({ datagrams, written, tooLong, malformed }: PacketCounts, file: string): string {
  const lost = others([tooLong, 'longer than a packet can be'], [malformed, 'malformed'])
  return `${plural(datagrams, 'datagram')} in, ${plural(written, 'packet')} to ${file === STDOUT ? 'stdout' : file}${lost}`
}
