/** The stream of messages as it came. */
import type { FlowWriter } from '../text/line.js'

/** Copies frames byte for byte, whatever is in them, each with `terminator` behind it. */
export function frameCopier(terminator: string): FlowWriter {
  const ending = Buffer.from(terminator)
  return (output, buf, _start, end, frameStart) => {
    output.reserve(end - frameStart + ending.length)
    output.pos += buf.copy(output.buf, output.pos, frameStart, end)
    output.pos += ending.copy(output.buf, output.pos)
    return true
  }
}
