/**
 * The file of `-templates.json.path`: the state of exporters, so that a restart in the middle of a stream loses no flow.
 *
 *     { "version": 2, "domains": [ { "exporter": "192.0.2.1", "port": 50000, "version": 9, "domain": 0, "templates": [ … ], … }, … ] }
 *
 * Version 1 had no ports: its domains belong to a port that no exporter has.
 */
import fs from 'node:fs'
import path from 'node:path'
import { EXIT, reasonNotMade, reasonOf, UserError } from '../cli/exit.js'
import type { Log } from '../cli/log.js'
import type { SavedDomain } from './netflow/known/snapshot.js'

const FILE_VERSION = 2
const READ_VERSIONS: readonly unknown[] = [1, FILE_VERSION]

export interface TemplateFile {
  /** Writes the file where something changed since it was written last. */
  save(): void
  /** Saves, and stops saving by itself. */
  end(): void
}

/**
 * Hands each saved domain to `restore`. A broken file is no fatal error: it is logged and set aside. Throws UserError where the file cannot be read, and
 * where it is goflow2's, which is left alone.
 */
export function loadTemplates(file: string, restore: (domain: unknown) => void, log: Log): void {
  let text: string
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw new UserError(EXIT.noInput, `-templates.json.path ${file}: ${reasonOf(error)}`)
  }
  try {
    const saved: unknown = JSON.parse(text)
    if (isGoflow2(saved))
      throw new UserError(EXIT.badConfig, `-templates.json.path ${file}: the file is goflow2's and is left alone; name another`)
    const { version, domains } = saved as { version?: unknown; domains?: unknown }
    if (!READ_VERSIONS.includes(version) || !Array.isArray(domains)) throw new Error('no file of templates')
    for (const domain of domains as unknown[]) restore(domain)
  } catch (error) {
    if (error instanceof UserError) throw error
    const aside = `${file}.broken`
    try {
      fs.renameSync(file, aside)
    } catch (failure) {
      throw new UserError(
        EXIT.cannotCreate,
        `-templates.json.path ${file}: it cannot be used (${reasonOf(error)}), nor set aside as ${aside}: ${reasonOf(failure)}`
      )
    }
    log.warn(`${file} cannot be used and is set aside as ${aside}: ${reasonOf(error)}`)
  }
}

/** goflow2 keeps templates and rates by exporter, the templates under `version/domain/id`. */
function isGoflow2(saved: unknown): boolean {
  if (typeof saved !== 'object' || saved === null || 'domains' in saved) return false
  return 'sampling-rates' in saved || 'templates' in saved || Object.values(saved).some(hasTemplateKeys)
}

const hasTemplateKeys = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).some((key) => /^\d+\/\d+\/\d+$/.test(key))

/**
 * Keeps the file up to date: every `intervalMs`, where `changes` returns another number than before. `state` returns the domains to save.
 * Throws UserError where the file cannot be made.
 */
export function templateFile(
  file: string,
  intervalMs: number,
  changes: () => number,
  state: () => Iterable<SavedDomain>,
  log: Log
): TemplateFile {
  let saved = changes()
  let failing = false
  try {
    fs.accessSync(path.dirname(path.resolve(file)), fs.constants.W_OK)
  } catch (error) {
    throw new UserError(EXIT.cannotCreate, `-templates.json.path ${file}: ${reasonNotMade(file, error)}`)
  }

  function save(): void {
    const now = changes()
    if (now === saved) return
    // whoever reads it sees the old file or the new one, never half of one
    const fresh = `${file}.${process.pid}.tmp`
    try {
      writeDurably(fresh, `${JSON.stringify({ version: FILE_VERSION, domains: [...state()] }, undefined, 1)}\n`)
      fs.renameSync(fresh, file)
      saved = now
      failing = false
    } catch (error) {
      if (!failing) log.warn(`cannot save templates to ${file}: ${reasonOf(error)}; trying again`)
      failing = true
      fs.rmSync(fresh, { force: true })
    }
  }

  const timer = intervalMs > 0 ? setInterval(save, intervalMs).unref() : undefined
  return {
    save,
    end() {
      clearInterval(timer)
      save()
    }
  }
}

/** Writes a file that is on the disk when this returns, so that a rename never puts an empty one in the old one's place. */
function writeDurably(file: string, text: string): void {
  const fd = fs.openSync(file, 'w')
  try {
    fs.writeFileSync(fd, text)
    fs.fsyncSync(fd)
  } finally {
    fs.closeSync(fd)
  }
}
