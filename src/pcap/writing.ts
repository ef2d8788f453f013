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

function openFile(file: string, { inputs, operands }: Tool): Output {
  if (operands.some((operand) => isSameFile(operand, file)))
    throw new UserError(EXIT.usage, `-w ${file} would write over what is read: name another file`)
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

/** Whether both are there and the same, by whatever names. */
function isSameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map((file) => fs.statSync(file, { throwIfNoEntry: false }))
  return one !== undefined && other !== undefined && one.isFile() && one.dev === other.dev && one.ino === other.ino
}

function summaryOf({ datagrams, written, tooLong, malformed }: PacketCounts, file: string): string {
  const lost = others([tooLong, 'longer than a packet can be'], [malformed, 'malformed'])
  return `${plural(datagrams, 'datagram')} in, ${plural(written, 'packet')} to ${file === STDOUT ? 'stdout' : file}${lost}`
}
