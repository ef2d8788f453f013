/** The loop of every filter: frames in, work, frames or lines out, at the reader's pace. */
import { BrokenStreamError, type FrameHandler, frameReader } from '../flow/frames.js'
import type { Input } from '../flow/input.js'
import type { Sink } from '../flow/output.js'
import { hasNewlines, otherKind, type StreamKind } from '../flow/streamkind.js'
import { invocation } from './definition.js'
import { BrokenInputError, EXIT, reasonOf, UserError } from './exit.js'
import { type NamedInput, STDIN_NAME } from './inputs.js'
import type { Tool } from './tool.js'

const WITHOUT_NEWLINES = 'its option -transport.file.sep= (empty) leaves them out'
const FRAME_WITHOUT_BYTE = Buffer.alloc(1)

export interface ReadOptions {
  /** Does a part of the work that frames left for when the sink has room; false when nothing is left. */
  readonly more?: () => boolean
  /** wraps an input, to see what is read */
  readonly through?: (input: Input) => Input
  /** Puts a chunk where its frames are read; returns it as it lies there. */
  readonly load?: (chunk: Buffer) => Buffer
  /** Appends to the sink what frames have left with the tool; called behind each chunk, and at the end. */
  readonly handOn?: () => void
}

/**
 * Reads the frames of the tool's inputs, which are of the kinds that its mode reads, until they end. `sink` is where `onFrame` appends, and
 * sets the pace. What came before a broken place is handled and written; then this throws. A stream of another kind is refused at its first
 * message.
 */
export async function readFrames(tool: Tool, sink: Sink, onFrame: FrameHandler, options: ReadOptions = {}): Promise<void> {
  const kinds = tool.mode.reads
  if (typeof kinds === 'string') throw new Error(`${tool.name} reads no frames in this mode`)
  try {
    for (const input of tool.inputs.each()) await readStream(tool, input, kinds, sink, onFrame, options)
  } finally {
    options.handOn?.()
    await sink.end()
  }
}

async function readStream(
  tool: Tool,
  input: NamedInput,
  kinds: readonly StreamKind[],
  sink: Sink,
  onFrame: FrameHandler,
  { more = () => false, through = (each) => each, load = (chunk) => chunk, handOn = () => undefined }: ReadOptions
): Promise<void> {
  const { name } = input
  let first = true
  let withoutByte = 0
  let head = Buffer.alloc(0)
  const takesLines = tool.definition.modes.some(({ reads }) => reads === 'text')
  const refuseOther = (message: Buffer | undefined): void => {
    const command = invocation(tool.name, tool.mode, tool.options)
    const advice = otherKind(command, name === STDIN_NAME ? undefined : name, kinds, takesLines, head, message)
    if (advice !== undefined) throw new UserError(EXIT.badData, `${name} ${advice}`)
  }
  /** Messages without a byte, as other kinds of files begin with, wait for one that tells the kind, or for the chunk's end. */
  const handOnWithoutByte = (): void => {
    for (; withoutByte > 0; withoutByte--) onFrame(FRAME_WITHOUT_BYTE, 1, 1, 0)
  }
  const reader = frameReader((buf, start, end, frameStart) => {
    if (first && end === start) {
      withoutByte++
      return
    }
    if (first) {
      first = false
      refuseOther(buf.subarray(start, end))
      if (hasNewlines(buf, end))
        throw new UserError(EXIT.badData, `${name} has a newline behind each message, as goflow2 writes them: ${WITHOUT_NEWLINES}`)
      handOnWithoutByte()
    }
    onFrame(buf, start, end, frameStart)
  })
  try {
    for await (const chunk of readable(through(input), name)) {
      if (head.length < 16) head = Buffer.concat([head, chunk.subarray(0, 16)])
      reader.push(load(chunk))
      handOnWithoutByte()
      do {
        handOn()
        sink.commit()
        if (sink.blocked) await sink.ready()
      } while (more())
    }
    if (!input.isCut) reader.end()
  } catch (error) {
    if (!(error instanceof BrokenStreamError)) throw error
    if (first) refuseOther(undefined)
    handOnWithoutByte()
    throw new BrokenInputError(name, error.message)
  }
}

/** `input.chunks()`, with its errors as UserErrors. */
export async function* readable(input: Input, name: string): AsyncGenerator<Buffer, void> {
  try {
    yield* input.chunks()
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw new UserError(EXIT.noInput, `cannot read ${name}: ${reasonOf(error)}`)
    throw error
  }
}
