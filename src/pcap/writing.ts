/** `flow-pcap -w`: Datagrams from stdin into a capture file. */
import fs from 'node:fs'
import { EXIT, reasonNotMade, reasonOf, UserError } from '../cli/exit.js'
import { filterFrames, filterInput } from '../cli/filter.js'
import { plural } from '../cli/plural.js'
import { binaryStdout, type Tool } from '../cli/tool.js'
import { openOutput, type Output } from '../flow/output.js'
import type { Input } from '../flow/input.js'
import { STDIN as STDOUT } from './sources.js'
import { type PacketCounts, packetWriter, pcapHeader } from './write.js'

/** Writes what comes on stdin to a file, or for `-` to stdout. */
export async function writeCapture(tool: Tool<unknown>, file: string): Promise<void> {
  const input = filterInput(tool)
  const output =
    file === STDOUT
      ? binaryStdout(tool, () => {
          input.stop()
        })
      : openFile(file, input)
  const header = pcapHeader()
  output.reserve(header.length)
  output.pos += header.copy(output.buf, output.pos)
  output.flush() // whoever follows the file sees at once what it is
  const { onFrame, counts } = packetWriter(output)
  await filterFrames(tool, input, 'Datagram', output, onFrame)
  tool.log.info(summaryOf(counts, file))
}

function openFile(file: string, input: Input): Output {
  let fd: number
  try {
    fd = fs.openSync(file, 'w')
  } catch (error) {
    throw new UserError(EXIT.cannotCreate, `cannot create ${file}: ${reasonNotMade(file, error)}`)
  }
  return openOutput(fs.createWriteStream('', { fd }), (error) => {
    input.stop()
    return new UserError(EXIT.ioError, `cannot write ${file}: ${reasonOf(error)}`)
  })
}

function summaryOf({ datagrams, written, tooLong, malformed }: PacketCounts, file: string): string {
  const lost = [
    ...(tooLong > 0 ? [`, ${tooLong} longer than a packet can be`] : []),
    ...(malformed > 0 ? [`, ${malformed} malformed`] : [])
  ]
  return `${plural(datagrams, 'datagram')} in, ${plural(written, 'packet')} to ${file === STDOUT ? 'stdout' : file}${lost.join('')}`
}
