/**
 * Log lines on stderr. `normal` is for people: `flow-decode: warning: message (key=value)`; `json` is for machines: an object a
 * line with time, level, tool, message and the fields.
 */
import fs from 'node:fs'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]
export const LOG_FORMATS = ['normal', 'json'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

export type LogFields = Record<string, string | number | boolean | undefined>

export interface Log {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

const MARKS: Record<LogLevel, string> = { debug: 'debug: ', info: '', warn: 'warning: ', error: '' }

/** A log on stderr, written at once: what is logged before an exit is seen. */
export async function openLog(tool: string, level: LogLevel, format: LogFormat): Promise<Log> {
  return format === 'json' ? jsonLog(tool, level) : normalLog(tool, level)
}

export function normalLog(tool: string, level: LogLevel): Log {
  const write = (at: LogLevel): ((message: string, fields?: LogFields) => void) =>
    LOG_LEVELS.indexOf(at) < LOG_LEVELS.indexOf(level)
      ? () => undefined
      : (message, fields) => {
          writeStderr(`${tool}: ${MARKS[at]}${oneLine(message)}${inWords(fields)}\n`)
        }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

async function jsonLog(tool: string, level: LogLevel): Promise<Log> {
  const { pino, stdTimeFunctions } = await import('pino')
  const logger = pino(
    {
      level,
      base: { tool },
      messageKey: 'message',
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) }
    },
    { write: writeStderr }
  )
  const write =
    (at: LogLevel) =>
    (message: string, fields?: LogFields): void => {
      logger[at](fields ?? {}, message)
    }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

/** How long to wait for the reader of a full pipe before the next attempt. */
const FULL_PIPE_MS = 10
const NOBODY_WAKES = new Int32Array(new SharedArrayBuffer(4))

/** Writes all of it before it returns. Waits where stderr is a full pipe that another process made non-blocking, as Node does with its stdout. */
function writeStderr(text: string): void {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length;) {
    try {
      written += fs.writeSync(2, bytes, written)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return // nobody is left to tell
      Atomics.wait(NOBODY_WAKES, 0, 0, FULL_PIPE_MS)
    }
  }
}

function inWords(fields: LogFields | undefined): string {
  if (fields === undefined) return ''
  const words = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${key}=${oneLine(String(value))}`)
  return words.length === 0 ? '' : ` (${words.join(' ')})`
}

/** Keeps what came from elsewhere from making lines or moving a terminal's cursor. */
function oneLine(text: string): string {
  // blanks at the start stay: they put a caret under its word
  return text
    .replace(/^[\u0000-\u001f\u007f-\u009f]+/, '')
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trimEnd()
}
