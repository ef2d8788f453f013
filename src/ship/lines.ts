/** Reading text: a line is a message. */
import { once } from 'node:events'
import split2 from 'split2'
import { EXIT, UserError } from '../cli/exit.js'
import { readable } from '../cli/filter.js'
import type { Inputs, NamedInput } from '../cli/inputs.js'
import { MAX_MESSAGE_BYTES } from '../flow/frames.js'
import type { Sink } from '../flow/output.js'

export type TextFormat = 'json' | 'text'

/** `buf[start, end)` is a line without its end, the bytes as they came; valid only during the call. */
export type LineHandler = (buf: Buffer, start: number, end: number) => void

/**
 * Hands every line of the inputs that is not empty to `onLine`, without its line end (LF or CRLF); the last one may lack it. `sink` sets the
 * pace. What came before something that is no text, or no JSON, is handled; then this throws.
 */
export async function filterLines(inputs: Inputs, format: TextFormat, sink: Sink, onLine: LineHandler): Promise<void> {
  try {
    for (const input of inputs.each()) await readLines(input, format, sink, onLine)
  } finally {
    await sink.end()
  }
}

async function readLines(input: NamedInput, format: TextFormat, sink: Sink, onLine: LineHandler): Promise<void> {
  // a character is a byte: what is no UTF-8 is left as it is
  const lines = split2({ maxLength: MAX_MESSAGE_BYTES, decodeStrings: false })
  let failure: Error | undefined
  let isFirst = true
  lines.on('data', (line: string) => {
    if (line === '') return
    const bytes = Buffer.from(line, 'latin1')
    onLine(bytes, 0, bytes.length)
  })
  lines.on('error', () => {
    failure ??= new UserError(EXIT.badData, `${input.name}: a line is longer than ${MAX_MESSAGE_BYTES >> 20} MiB`)
  })
  for await (const chunk of readable(input, input.name)) {
    if (isFirst) refuseOther(input.name, chunk, format)
    isFirst = false
    await new Promise<void>((resolve) => {
      lines.write(chunk.toString('latin1'), () => {
        resolve()
      })
    })
    if (failure !== undefined) throw failure
    sink.commit()
    if (sink.blocked) await sink.ready()
  }
  if (input.isCut) return // half a line is none
  const ended = once(lines, 'end')
  lines.end()
  await ended
}

function refuseOther(name: string, head: Buffer, format: TextFormat): void {
  if (looksBinary(head)) throw new UserError(EXIT.badData, `${name} is no text: leave out -format ${format}, or put flow-format in between`)
  if (format === 'json' && !/^\s*[{[]/.test(head.toString('latin1', 0, 1024)))
    throw new UserError(EXIT.badData, `${name} is no JSON: its first line begins with no {`)
}

/** Whether there are control characters that no text holds; a message has some nearly always. */
export function looksBinary(head: Buffer): boolean {
  return head.subarray(0, 1024).some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x1b)
}
