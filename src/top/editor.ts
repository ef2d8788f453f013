/** A line of text that is edited, as shells edit theirs. */
import type { Key } from './keys.js'

export interface EditedLine {
  readonly text: string
  /** how many UTF-16 units of the text stand in front of the cursor */
  readonly cursor: number
}

/** The cursor stands at the end. */
export function editedLine(text: string): EditedLine {
  return { text, cursor: text.length }
}

/** The line after a key: text, arrows, Home, End, Backspace, Delete, Ctrl-A, E, K, U, W; the same line where the key does nothing. */
export function edit(line: EditedLine, key: Key): EditedLine {
  const { text, cursor } = line
  const before = text.slice(0, cursor)
  const behind = text.slice(cursor)
  const left = cursor - (Array.from(before).at(-1)?.length ?? 0)
  const right = cursor + (Array.from(behind)[0]?.length ?? 0)
  if ('text' in key) return { text: before + key.text + behind, cursor: cursor + key.text.length }
  switch ('name' in key ? key.name : `ctrl-${key.ctrl}`) {
    case 'backspace':
      return { text: text.slice(0, left) + behind, cursor: left }
    case 'delete':
      return { text: before + text.slice(right), cursor }
    case 'left':
      return { text, cursor: left }
    case 'right':
      return { text, cursor: right }
    case 'home':
    case 'ctrl-a':
      return { text, cursor: 0 }
    case 'end':
    case 'ctrl-e':
      return { text, cursor: text.length }
    case 'ctrl-k':
      return { text: before, cursor }
    case 'ctrl-u':
      return { text: behind, cursor: 0 }
    case 'ctrl-w': {
      const kept = before.replace(/\S+\s*$/, '')
      return { text: kept + behind, cursor: kept.length }
    }
    default:
      return line
  }
}
