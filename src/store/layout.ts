/**
 * Where the files of a store stand, and how they are called: date=2026-11-25/hour=09/flows-0905.parquet, by the start of the window of
 * time_received_ns in UTC (Hive's style of partitions). A window's second file is flows-0905.2.parquet; a file that is being written, or
 * that a crash left broken, has a dot in front and `.part` or `.broken` behind, and nobody's pattern finds it.
 */
import fs from 'node:fs/promises'
import path from 'node:path'

export const FORMATS = ['parquet', 'bin'] as const
export type StoreFormat = (typeof FORMATS)[number]

export interface FileName {
  /** milliseconds since 1970 */
  readonly start: number
  /** 1 is the window's first file, and not in its name */
  readonly number: number
  readonly format: StoreFormat
}

export interface StoredFile extends FileName {
  /** with the store's folder in front */
  readonly path: string
  readonly state: 'whole' | 'part' | 'broken'
}

/** The file's folder inside of the store. */
export function folderOf(start: number): string {
  const [date, time] = new Date(start).toISOString().split('T')
  return `date=${date}/hour=${time.slice(0, 2)}`
}

/** The name of a file, without its folder. */
export function nameOf({ start, number, format }: FileName): string {
  const [hour, minute] = new Date(start).toISOString().slice(11, 16).split(':')
  return `flows-${hour}${minute}${number === 1 ? '' : `.${number}`}.${format}`
}

/** The path of a file of a store. */
export function pathOf(dir: string, name: FileName, state: StoredFile['state'] = 'whole'): string {
  const file = nameOf(name)
  return path.join(dir, folderOf(name.start), state === 'whole' ? file : `.${file}.${state}`)
}

const DATE = /^date=(\d{4}-\d{2}-\d{2})$/
const HOUR = /^hour=(\d{2})$/
const FILE = /^(\.?)flows-(\d{2})(\d{2})(?:\.(\d{1,9}))?\.(parquet|bin)(?:\.(part|broken))?$/

/** The files of a store that have our names, in the order of their windows; empty where there is no such folder. Other files are nobody's. */
export async function listFiles(dir: string): Promise<StoredFile[]> {
  const files: StoredFile[] = []
  for (const date of await names(dir, DATE)) {
    for (const hour of await names(path.join(dir, date), HOUR)) {
      const folder = path.join(dir, date, hour)
      for (const name of await names(folder, FILE)) {
        const file = parseName(folder, date, hour, name)
        if (file !== undefined) files.push(file)
      }
    }
  }
  return files.sort((a, b) => a.start - b.start || a.number - b.number)
}

/** Where `dir` is called as a folder of dates or hours inside of a store: the store's folder. */
export function storeAround(dir: string): string | undefined {
  const whole = path.resolve(dir)
  if (DATE.test(path.basename(whole))) return path.join(dir, '..')
  return HOUR.test(path.basename(whole)) && DATE.test(path.basename(path.dirname(whole))) ? path.join(dir, '../..') : undefined
}

function parseName(folder: string, date: string, hour: string, name: string): StoredFile | undefined {
  const [, dot, fileHour, minute, number = '1', format, state = 'whole'] = FILE.exec(name)!
  const start = Date.parse(`${DATE.exec(date)![1]}T${fileHour}:${minute}:00Z`)
  if (Number.isNaN(start) || `hour=${fileHour}` !== hour || (dot === '.') === (state === 'whole')) return undefined
  const file = { start, number: Number(number), format: format as StoreFormat, state: state as StoredFile['state'] }
  return { ...file, path: path.join(folder, name) }
}

async function names(folder: string, pattern: RegExp): Promise<string[]> {
  try {
    return (await fs.readdir(folder)).filter((name) => pattern.test(name)).sort()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}
