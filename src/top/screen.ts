/** The terminal: keys from /dev/tty, since stdin is the stream; the picture on stdout, on a screen of its own that goes when the tool ends. */
import fs from 'node:fs'
import tty from 'node:tty'
import { EXIT, reasonOf, UserError } from '../cli/exit.js'
import { type Key, keysOf } from './keys.js'

/** DEC private modes: the alternate screen, and the cursor hidden (xterm control sequences, "DECSET"). */
const ENTER = '\x1b[?1049h\x1b[?25l'
const LEAVE = '\x1b[?25h\x1b[?1049l'
/** A picture is drawn over the one before, line by line, so that nothing flickers and what others wrote on the terminal goes. */
const HOME = '\x1b[H'
const CLEAR_LINE = '\x1b[K'
const CLEAR_BELOW = '\x1b[J'

/** How soon the terminal is raw again after another process has changed that. */
const RAW_AGAIN_MS = 250

export interface Picture {
  /** at most as many lines as the terminal has, each no wider than it, with escape sequences for looks */
  readonly lines: readonly string[]
  /** where the cursor stands, counted from 0; undefined: it is hidden */
  readonly cursor?: { readonly line: number; readonly column: number } | undefined
}

export interface Screen {
  readonly columns: () => number
  readonly rows: () => number
  draw(picture: Picture): void
  onKey(handler: (key: Key) => void): void
  onResize(handler: () => void): void
  /** Leaves the terminal as it was. */
  close(): void
}

/** Takes the terminal over. Throws UserError, 69, where there is none to read keys from. */
export function openScreen(): Screen {
  let fd: number
  try {
    fd = fs.openSync('/dev/tty', 'r')
  } catch (error) {
    throw new UserError(
      EXIT.unavailable,
      `there is no terminal to read keys from (/dev/tty: ${reasonOf(error)}): -once prints a table at the end of the input`
    )
  }
  const keyboard = new tty.ReadStream(fd)
  keyboard.setRawMode(true)
  // a process of the pipeline that ends leaves the terminal as it was when that process started
  const timer = setInterval(() => {
    keyboard.setRawMode(false)
    keyboard.setRawMode(true)
  }, RAW_AGAIN_MS)
  timer.unref()
  keyboard.setEncoding('utf8')
  const { stdout } = process
  fs.writeSync(1, ENTER)
  let open = true

  function close(): void {
    if (!open) return
    open = false
    clearInterval(timer)
    process.off('exit', close)
    try {
      fs.writeSync(1, LEAVE)
    } catch {
      // the terminal is gone
    }
    keyboard.setRawMode(false)
    keyboard.destroy()
  }
  // however the process ends: an error that nobody caught, a second signal
  process.on('exit', close)

  return {
    columns: () => stdout.columns,
    rows: () => stdout.rows,
    draw({ lines, cursor }) {
      if (!open) return
      const place = cursor === undefined ? '\x1b[?25l' : `\x1b[${cursor.line + 1};${cursor.column + 1}H\x1b[?25h`
      stdout.write(HOME + lines.map((line) => CLEAR_LINE + line).join('\r\n') + CLEAR_BELOW + place)
    },
    onKey(handler) {
      keyboard.on('data', (typed: string) => {
        for (const key of keysOf(typed)) handler(key)
      })
    },
    onResize(handler) {
      stdout.on('resize', handler)
    },
    close
  }
}
