/** The values of a topic's messages, put on stdout as what the next tool reads. */
import { EXIT, UserError } from '../cli/exit.js'
import { MAX_MESSAGE_BYTES, MAX_PREFIX_BYTES } from '../flow/frames.js'
import type { Output } from '../flow/output.js'
import { messageKind } from '../flow/streamkind.js'
import { writeVarint32 } from '../flow/varint.js'
import { looksBinary } from '../ship/lines.js'
import { frameEnd } from '../ship/messages.js'

const NEWLINE = 0x0a

/** Appends a value and returns how many messages it holds; 0, and nothing appended, where the next tool could not read it. Throws UserError where an option does not fit the topic. */
export type ValueWriter = (value: Buffer) => number

/** `delimited`: the values are frames, one or several each (bin); else a value is one message without its length. */
export function valueWriter(output: Output, format: 'bin' | 'json' | 'text', delimited: boolean): ValueWriter {
  if (format === 'bin') return delimited ? delimitedWriter(output) : bareWriter(output)
  let isChecked = false
  return (value) => {
    if (!isChecked && looksBinary(value))
      throw new UserError(EXIT.badData, `the topic holds messages and no text: leave out -format ${format}`)
    isChecked = true
    append(output, value, NEWLINE)
    return 1
  }
}

/** For values that are frames: a message, or several, each with its length in front. */
function delimitedWriter(output: Output): ValueWriter {
  return (value) => {
    const frames = countFrames(value)
    if (frames > 0) {
      append(output, value)
      return frames
    }
    if (value.length > 0 && messageKind(value) !== undefined)
      throw new UserError(EXIT.badData, 'the messages of the topic have no length in front: -delimited=false reads them')
    return 0
  }
}

/** For values that are messages and nothing else. */
function bareWriter(output: Output): ValueWriter {
  const prefix = Buffer.alloc(MAX_PREFIX_BYTES + 1)
  let isChecked = false
  return (value) => {
    if (value.length > MAX_MESSAGE_BYTES) return 0
    if (!isChecked && value.length > 1 && countFrames(value) > 0 && messageKind(value) === undefined) {
      throw new UserError(EXIT.badData, 'the messages of the topic have their length in front: leave out -delimited=false')
    }
    isChecked = true
    const size = writeVarint32(prefix, 0, value.length)
    output.reserve(size + value.length)
    prefix.copy(output.buf, output.pos, 0, size)
    output.pos += size
    append(output, value)
    return 1
  }
}

/** How many frames the value is made of; 0 where it is anything else. */
function countFrames(value: Buffer): number {
  let count = 0
  for (let pos = 0; pos < value.length; count++) {
    const end = frameEnd(value, pos, value.length)
    if (end < 0) return 0
    pos = end
  }
  return count
}

function append(output: Output, value: Buffer, terminator?: number): void {
  output.reserve(value.length + 1)
  output.pos += value.copy(output.buf, output.pos)
  if (terminator !== undefined) output.buf[output.pos++] = terminator
}
