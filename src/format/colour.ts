/** Lines of JSON in the colours of jq, for a terminal. */
import { appendText, growingMemory } from '../flow/appendable.js'
import type { FlowWriter } from '../text/line.js'

/** A string, perhaps a key; a number; what stands around them. */
const TOKEN = /("(?:[^"\\]|\\.)*")(:)?|[^"[\]{},]+|[[\]{},]/g

const RESET = '\x1b[0m'
/** jq 1.7's: keys bold blue, strings green, brackets and commas bold, numbers as they are */
const paint = (colour: string, text: string): string => `\x1b[${colour}m${text}${RESET}`
const KEY = '34;1'
const STRING = '0;32'
const PUNCTUATION = '1;39'

/** One or more lines of JSON, coloured. */
function colourJson(text: string): string {
  return text.replace(TOKEN, (token: string, string?: string, colon?: string) => {
    if (string !== undefined) return colon === undefined ? paint(STRING, string) : paint(KEY, string) + paint(PUNCTUATION, ':')
    return /^[[\]{},]$/.test(token) ? paint(PUNCTUATION, token) : token
  })
}

/** A long line; one that is longer takes more memory. */
const LINE_BYTES = 4096

/** A writer of lines of JSON that colours what `write` makes. A terminal shows far fewer lines than a strings' way of doing it makes. */
export function coloured(write: FlowWriter): FlowWriter {
  const line = growingMemory(LINE_BYTES)
  return (output, buf, start, end, frameStart) => {
    line.pos = 0
    if (!write(line, buf, start, end, frameStart)) return false
    const text = colourJson(line.buf.toString('utf8', 0, line.pos))
    appendText(output, text)
    return true
  }
}
