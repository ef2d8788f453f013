/** What has parts, as a tree; and the tree as a line of JSON or as lines for people. */

export type Tree = string | number | bigint | boolean | null | Tree[] | { [key: string]: Tree }

/** JSON in which 64-bit numbers keep every digit. */
export function toJson(tree: Tree): string {
  if (typeof tree === 'bigint') return tree.toString()
  if (typeof tree === 'number') return Number.isFinite(tree) ? String(tree) : 'null'
  if (typeof tree !== 'object' || tree === null) return JSON.stringify(tree).replace(UNSAFE, escaped)
  if (Array.isArray(tree)) return `[${tree.map(toJson).join(',')}]`
  return `{${Object.entries(tree)
    .map(([key, value]) => `${JSON.stringify(key)}:${toJson(value)}`)
    .join(',')}}`
}

/** What JSON takes as it is and a terminal or a reader of lines does not: U+007F to U+009F, U+2028, U+2029. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029]/g
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** Lines for people: what is simple stands as key=value in a line, what has parts below it, indented. */
export function toText(tree: Tree, indent = ''): string {
  if (!isObject(tree)) return `${indent}${scalar(tree)}\n`
  const simple = Object.entries(tree).filter(([, value]) => !hasParts(value))
  const parts = Object.entries(tree).filter(([, value]) => hasParts(value))
  let text = simple.length === 0 ? '' : `${indent}${simple.map(([key, value]) => `${key}=${scalar(value)}`).join(' ')}\n`
  for (const [key, value] of parts) {
    text += `${indent}${key}:\n`
    for (const item of Array.isArray(value) ? value : [value]) text += toText(item, `${indent}  `)
  }
  return text
}

function isObject(tree: Tree): tree is Record<string, Tree> {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree)
}

function hasParts(tree: Tree): boolean {
  return isObject(tree) || (Array.isArray(tree) && tree.some((item) => typeof item === 'object' && item !== null))
}

/** A value between others in a line: a string that is not clearly apart from what is around it stands as JSON has it. */
export function scalar(tree: Tree): string {
  if (Array.isArray(tree)) return tree.map(scalar).join(',')
  if (typeof tree !== 'string') return toJson(tree)
  return /^[^\s"=\p{C}]+$/u.test(tree) ? tree : JSON.stringify(tree)
}

/** Adds a value under a key; a key that is there already takes a list. */
export function addTo(object: Record<string, Tree>, key: string, value: Tree, lists: Set<string>): void {
  if (!Object.hasOwn(object, key)) object[key] = value
  else if (lists.has(key)) (object[key] as Tree[]).push(value)
  else {
    object[key] = [object[key], value]
    lists.add(key)
  }
}
