/** `flow-pcap -w`: Datagrams from stdin into a capture file. */
import fs from 'node:fs'
import { EXIT, reasonNotMade, reasonOf, UserError } from '../cli/exit.js'
import { readFrames } from '../cli/filter.js'
import { STDIN as STDOUT } from '../cli/inputs.js'
import { others, plural } from '../cli/plural.js'
import type { Tool } from '../cli/tool.js'
import { openOutput, type Output } from '../flow/output.js'
import { type PacketCounts, packetWriter, pcapHeader } from './write.js'

/** Writes the datagrams that come in to a file, or for `-` to stdout. */
export async function writeCapture(tool: Tool, file: string): Promise<void> {
  const output = file === STDOUT ? tool.stdout() : openFile(file, tool)
  const header = pcapHeader()
  output.reserve(header.length)
  output.pos += header.copy(output.buf, output.pos)
  output.flush() // whoever follows the file sees at once what it is
  const { onFrame, counts } = packetWriter(output)
  tool.summary(() => summaryOf(counts, file))
  await readFrames(tool, output, onFrame)
}

function openFile(file: string, { inputs }: Tool): Output {
  let fd: number
  try {
    fd = fs.openSync(file, 'w')
  } catch (error) {
    throw new UserError(EXIT.cannotCreate, `cannot create ${file}: ${reasonNotMade(file, error)}`)
  }
  return openOutput(fs.createWriteStream('', { fd }), (error) => {
    inputs.stop()
    return new UserError(EXIT.ioError, `cannot write ${file}: ${reasonOf(error)}`)
  })
}

function summaryOf({ datagrams, written, tooLong, malformed }: PacketCounts, file: string): string {
  const lost = others([tooLong, 'longer than a packet can be'], [malformed, 'malformed'])
  return `${plural(datagrams, 'datagram')} in, ${plural(written, 'packet')} to ${file === STDOUT ? 'stdout' : file}${lost}`
}
