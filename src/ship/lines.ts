/** Reading text: a line is a message. */
import { EXIT, UserError } from '../cli/exit.js'
import { readable } from '../cli/filter.js'
import { MAX_MESSAGE_BYTES } from '../flow/frames.js'
import type { Input } from '../flow/input.js'
import type { Sink } from '../flow/output.js'

export type TextFormat = 'json' | 'text'

const NEWLINE = 0x0a
const RETURN = 0x0d

/** `buf[start, end)` is a line without its end; valid only during the call. */
export type LineHandler = (buf: Buffer, start: number, end: number) => void

/**
 * Hands every line of the input that is not empty to `onLine`, byte for byte without its line end (LF or CRLF); the last one may lack it. `sink`
 * sets the pace. What came before something that is no text, or no JSON, is handled; then this throws.
 */
export async function filterLines(input: Input, format: TextFormat, sink: Sink, onLine: LineHandler): Promise<void> {
  const reader = lineReader(onLine)
  let isFirst = true
  try {
    for await (const chunk of readable(input)) {
      if (isFirst) refuseOther(chunk, format)
      isFirst = false
      reader.push(chunk)
      sink.commit()
      if (sink.blocked) await sink.ready()
    }
    reader.end()
  } finally {
    await sink.end()
  }
}

/** Cuts chunks of text, wherever they were cut, into lines. `push` throws UserError where a line is too long. */
export function lineReader(onLine: LineHandler): { push(chunk: Buffer): void; end(): void } {
  let held = Buffer.alloc(4096) // the line that has no end yet
  let used = 0

  function hold(chunk: Buffer, start: number, end: number): void {
    const size = used + end - start
    if (size > MAX_MESSAGE_BYTES) throw new UserError(EXIT.badData, `stdin: a line is longer than ${MAX_MESSAGE_BYTES >> 20} MiB`)
    if (size > held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(size, 2 * held.length))
      held.copy(larger, 0, 0, used)
      held = larger
    }
    used += chunk.copy(held, used, start, end)
  }

  function handOn(buf: Buffer, start: number, end: number): void {
    if (end > start && buf[end - 1] === RETURN) end--
    if (end > start) onLine(buf, start, end)
  }

  return {
    push(chunk) {
      let start = 0
      for (;;) {
        const end = chunk.indexOf(NEWLINE, start)
        if (end < 0) break
        if (used > 0) {
          hold(chunk, start, end)
          const size = used
          used = 0
          handOn(held, 0, size)
        } else handOn(chunk, start, end)
        start = end + 1
      }
      hold(chunk, start, chunk.length)
    },
    end() {
      handOn(held, 0, used)
      used = 0
    }
  }
}

function refuseOther(head: Buffer, format: TextFormat): void {
  if (looksBinary(head)) throw new UserError(EXIT.badData, `stdin is no text: leave out -format ${format}, or put flow-format in between`)
  if (format === 'json' && !/^\s*[{[]/.test(head.toString('latin1', 0, 1024)))
    throw new UserError(EXIT.badData, 'stdin is no JSON: its first line begins with no {')
}

/** Whether there are control characters that no text holds; a message has some nearly always. */
export function looksBinary(head: Buffer): boolean {
  return head.subarray(0, 1024).some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x1b)
}
