/** The loop of every filter: frames in, work, frames or lines out, at the reader's pace. */
import { BrokenStreamError, type FrameHandler, frameReader } from '../flow/frames.js'
import type { Input } from '../flow/input.js'
import { openInput } from '../flow/input.js'
import type { Sink } from '../flow/output.js'
import { otherKind, type StreamKind } from '../flow/streamkind.js'
import { EXIT, reasonOf, UserError } from './exit.js'
import { refuseTerminalInput, type Tool } from './tool.js'

/** After SIGTERM a filter whose input has been idle for so long stops. */
const IDLE_AFTER_TERM_MS = 1000

/** stdin of a filter: goes on through the first Ctrl-C, because what is in flight comes from a source that stops. */
export function filterInput(tool: Tool<unknown>): Input {
  refuseTerminalInput(tool)
  return textInput(tool)
}

/** The same for text, which a terminal may bring as well. */
export function textInput(tool: Tool<unknown>): Input {
  const input = openInput(0)
  tool.signals.onStop((signal) => {
    if (signal === 'SIGTERM') input.stopWhenIdle(IDLE_AFTER_TERM_MS)
  })
  return input
}

/**
 * Reads stdin's frames of that kind until it ends. `sink` is where `onFrame` appends, and sets the pace. What came before a broken place
 * is handled and written; then this throws. A stream of another kind is refused at its first message.
 * `more` does a part of what frames left to be done when the sink has room, and is false when there is nothing.
 */
export async function filterFrames(
  tool: Tool<unknown>,
  input: Input,
  kind: StreamKind | 'any',
  sink: Sink,
  onFrame: FrameHandler,
  more: () => boolean = () => false
): Promise<void> {
  let first = true
  let head = Buffer.alloc(0)
  const reader = frameReader((buf, start, end, frameStart) => {
    if (first && end > start) {
      first = false
      refuseOtherKind(tool, kind, head, buf.subarray(start, end))
    }
    onFrame(buf, start, end, frameStart)
  })
  try {
    for await (const chunk of readable(input)) {
      if (head.length < 16) head = Buffer.concat([head, chunk.subarray(0, 16)])
      reader.push(chunk)
      do {
        sink.commit()
        if (sink.blocked) await sink.ready()
      } while (more())
    }
    reader.end()
  } catch (error) {
    if (error instanceof BrokenStreamError && first) refuseOtherKind(tool, kind, head, undefined)
    throw error
  } finally {
    await sink.end()
  }
}

/** `input.chunks()` with the errors of reading told as the user's. */
export async function* readable(input: Input): AsyncGenerator<Buffer, void> {
  try {
    yield* input.chunks()
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw new UserError(EXIT.noInput, `cannot read stdin: ${reasonOf(error)}`)
    throw error
  }
}

function refuseOtherKind(tool: Tool<unknown>, kind: StreamKind | 'any', head: Buffer, message: Buffer | undefined): void {
  const advice = otherKind(kind, head, message)
  if (advice !== undefined) throw new UserError(EXIT.badData, `stdin ${advice.replaceAll('%', tool.name)}`)
}
