/** The loop of every filter: frames in, work, frames or lines out, at the reader's pace. */
import fs from 'node:fs'
import { BrokenStreamError, type FrameHandler, frameReader } from '../flow/frames.js'
import type { Input } from '../flow/input.js'
import { openInput } from '../flow/input.js'
import type { Sink } from '../flow/output.js'
import { hasNewlines, otherKind, type StreamKind } from '../flow/streamkind.js'
import { EXIT, reasonOf, UserError } from './exit.js'
import { refuseTerminalInput, type Tool } from './tool.js'

const WITHOUT_NEWLINES = 'its option -transport.file.sep= (empty) leaves them out'

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
      refuseOtherKind(tool, input, kind, head, buf.subarray(start, end))
      if (hasNewlines(buf, end)) {
        throw new UserError(
          EXIT.badData,
          `${input.name ?? 'stdin'} has a newline behind each message, as goflow2 writes them: ${WITHOUT_NEWLINES}`
        )
      }
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
    if (error instanceof BrokenStreamError && first) refuseOtherKind(tool, input, kind, head, undefined)
    throw error
  } finally {
    await sink.end()
  }
}

/** The same of files, one after another, each of which ends with a message; `-` is stdin. Where there are none, of stdin. */
export async function filterFiles(
  tool: Tool<unknown>,
  files: readonly string[],
  kind: StreamKind | 'any',
  sink: Sink,
  onFrame: FrameHandler,
  stopped: () => boolean = () => false
): Promise<void> {
  for (const file of files.length === 0 ? ['-'] : files) {
    if (stopped()) return
    const input = file === '-' ? filterInput(tool) : fileInput(tool, file)
    try {
      await filterFrames(tool, { ...input, name: file === '-' ? 'stdin' : file }, kind, sink, onFrame)
    } catch (error) {
      throw error instanceof BrokenStreamError && file !== '-' ? new UserError(EXIT.badData, `${file}: ${error.message}`) : error
    }
  }
}

/** A file is a source: the first signal ends it. */
function fileInput(tool: Tool<unknown>, file: string): Input {
  let fd: number
  try {
    fd = fs.openSync(file, 'r')
    fs.readSync(fd, Buffer.alloc(0)) // a folder opens, too
  } catch (error) {
    throw new UserError(EXIT.noInput, `cannot read ${file}: ${reasonOf(error)}`)
  }
  const input = openInput(fd)
  tool.signals.onStop(() => {
    input.stop()
  })
  return input
}

/** `input.chunks()` with the errors of reading told as the user's. */
export async function* readable(input: Input): AsyncGenerator<Buffer, void> {
  try {
    yield* input.chunks()
  } catch (error) {
    if (error instanceof Error && 'syscall' in error)
      throw new UserError(EXIT.noInput, `cannot read ${input.name ?? 'stdin'}: ${reasonOf(error)}`)
    throw error
  }
}

function refuseOtherKind(tool: Tool<unknown>, input: Input, kind: StreamKind | 'any', head: Buffer, message: Buffer | undefined): void {
  const advice = otherKind(kind, head, message)
  if (advice !== undefined) throw new UserError(EXIT.badData, `${input.name ?? 'stdin'} ${advice.replaceAll('%', tool.name)}`)
}
