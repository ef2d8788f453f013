/** A YAML file read with its line numbers, as values that check what they are asked for and say where something else stands. */
import type { Document, Node } from 'yaml'
import { EXIT, UserError } from '../cli/exit.js'
import { readGiven } from '../cli/givenfile.js'
import { nearest } from '../cli/nearest.js'

/** A value of the file. What it is asked to be and is not is thrown as a UserError with code 78 that starts with `file:line: `. */
export interface YamlValue {
  /** What is wrong here, to be thrown. */
  error(what: string): UserError
  /** `file:line: what`, for a warning. */
  at(what: string): string
  /** A mapping that has no other keys than these; those that are left out or empty are not in it. */
  section<K extends string>(keys: readonly K[]): Partial<Record<K, YamlValue>>
  /** A mapping with keys of the user's choice. */
  entries(): (readonly [key: YamlValue, value: YamlValue])[]
  list(): YamlValue[]
  /** A string, or a number as it is written. */
  word(): string
  whole(least: number, most: number): number
  flag(): boolean
  /** One of these names; `kind` says what they are names of. */
  oneOf<T extends string>(kind: string, names: readonly T[]): T
}

/** Reads and parses `file`; undefined where it is empty. Throws UserError: 66 where it cannot be read, 78 where it is no YAML. */
export async function readYaml(file: string): Promise<YamlValue | undefined> {
  const text = readGiven(file, file).toString()
  const { LineCounter, parseDocument } = await import('yaml')
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number, what: string): string => `${file}:${lines.linePos(offset).line}: ${what}`
  for (const { pos, message } of document.errors) throw new UserError(EXIT.badConfig, at(pos[0], message))
  const wrap = await valuesOf(document, at)
  return document.contents === null || isEmpty(document.contents) ? undefined : wrap(document.contents)
}

function isEmpty(node: unknown): boolean {
  return node === null || (typeof node === 'object' && 'value' in node && node.value === null)
}

async function valuesOf(document: Document, at: (offset: number, what: string) => string): Promise<(node: Node) => YamlValue> {
  const { isAlias, isMap, isScalar, isSeq } = await import('yaml')

  function wrap(written: Node): YamlValue {
    const node = (isAlias(written) ? written.resolve(document) : undefined) ?? written
    const where = (what: string): string => at(written.range?.[0] ?? 0, what)
    const error = (what: string): UserError => new UserError(EXIT.badConfig, where(what))
    const shown = (): string =>
      isMap(node) ? 'a mapping' : isSeq(node) ? 'a list' : isScalar(node) ? `'${node.source ?? String(node.value)}'` : 'this'
    const scalar = (wanted: string): unknown => {
      if (isScalar(node) && node.value !== null) return node.value
      throw error(`${wanted} belongs here, not ${isEmpty(node) ? 'nothing' : shown()}`)
    }

    function entries(): (readonly [YamlValue, YamlValue | undefined])[] {
      if (!isMap<Node, Node | null>(node)) throw error(`'key: value' pairs belong here, not ${shown()}`)
      return node.items.map(({ key, value }) => [wrap(key), isEmpty(value) ? undefined : wrap(value!)])
    }

    return {
      error,
      at: where,
      section<K extends string>(keys: readonly K[]) {
        const found: Partial<Record<K, YamlValue>> = {}
        for (const [key, value] of entries()) {
          const name = key.oneOf('key', keys)
          if (value !== undefined) found[name] = value
        }
        return found
      },
      entries() {
        return entries().flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const]))
      },
      list() {
        if (!isSeq<Node>(node)) throw error(`a list belongs here, not ${shown()}`)
        return node.items.map(wrap)
      },
      word() {
        const value = scalar('a name')
        return typeof value === 'string' ? value : isScalar(node) ? (node.source ?? String(value)) : ''
      },
      whole(least, most) {
        const value = scalar('a number')
        if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value
        throw error(`a whole number from ${least} to ${most} belongs here, not ${shown()}`)
      },
      flag() {
        const value = scalar('true or false')
        // yes, no, on and off are booleans in YAML 1.1, which Go's decoder still reads
        if (value === true || /^(yes|on)$/i.test(String(value))) return true
        if (value === false || /^(no|off)$/i.test(String(value))) return false
        throw error(`true or false belongs here, not ${shown()}`)
      },
      oneOf<T extends string>(kind: string, names: readonly T[]) {
        const word = this.word()
        const found = names.find((name) => name === word)
        if (found === undefined) throw error(`unknown ${kind} '${word}': ${nearest(word, names)}`)
        return found
      }
    }
  }
  return wrap
}
