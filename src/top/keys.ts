/** What is typed at a terminal in raw mode, key by key. */

export type KeyName =
  'enter' | 'escape' | 'backspace' | 'delete' | 'up' | 'down' | 'left' | 'right' | 'home' | 'end' | 'pageup' | 'pagedown'

/** A key with a name, a letter with Ctrl, or text. */
export type Key = { readonly name: KeyName } | { readonly ctrl: string } | { readonly text: string }

const NAMES: Readonly<Record<string, KeyName>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\x7f': 'backspace',
  '\b': 'backspace',
  '\x1b': 'escape',
  '\x1b[A': 'up',
  '\x1b[B': 'down',
  '\x1b[C': 'right',
  '\x1b[D': 'left',
  '\x1bOA': 'up',
  '\x1bOB': 'down',
  '\x1bOC': 'right',
  '\x1bOD': 'left',
  '\x1b[H': 'home',
  '\x1b[F': 'end',
  '\x1bOH': 'home',
  '\x1bOF': 'end',
  '\x1b[1~': 'home',
  '\x1b[4~': 'end',
  '\x1b[3~': 'delete',
  '\x1b[5~': 'pageup',
  '\x1b[6~': 'pagedown'
}
/** CSI and SS3 sequences (ECMA-48 §5.4), one control character, or a run of others. */
const TOKEN = /\x1b\[[0-?]*[ -/]*[@-~]|\x1bO[@-~]|[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]/gu

/** The keys in what a terminal sent, of which nothing is cut off. */
export function keysOf(typed: string): Key[] {
  return Array.from(typed.matchAll(TOKEN), ([token]): Key | undefined => {
    if (Object.hasOwn(NAMES, token)) return { name: NAMES[token] }
    if (token.startsWith('\x1b')) return undefined
    if (token < ' ') return { ctrl: String.fromCharCode(token.charCodeAt(0) + 0x60) }
    return { text: token }
  }).filter((key) => key !== undefined)
}
