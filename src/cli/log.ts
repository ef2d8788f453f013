/**
 * Log lines on stderr. `normal` is for people: `flow-decode: warning: message (key=value)`; `json` is for machines: an object a
 * line with time, level, tool, message and the fields.
 */
import pino from 'pino'

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
export function openLog(tool: string, level: LogLevel, format: LogFormat): Log {
  // waits where stderr is a full pipe that another process made non-blocking
  const stderr = pino.destination({ dest: 2, sync: true })
  stderr.on('error', () => undefined) // nobody is left to tell
  if (format === 'json') {
    const logger = pino(
      {
        level,
        base: { tool },
        messageKey: 'message',
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) }
      },
      stderr
    )
    const write =
      (at: LogLevel) =>
      (message: string, fields?: LogFields): void => {
        logger[at](fields ?? {}, message)
      }
    return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
  }
  const write = (at: LogLevel): ((message: string, fields?: LogFields) => void) =>
    LOG_LEVELS.indexOf(at) < LOG_LEVELS.indexOf(level)
      ? () => undefined
      : (message, fields) => {
          stderr.write(`${tool}: ${MARKS[at]}${oneLine(message)}${inWords(fields)}\n`)
        }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
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
