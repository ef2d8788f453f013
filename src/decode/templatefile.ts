/**
 * The file of `-templates.json.path`: what exporters told, so that a restart in the middle of a stream loses no flow.
 *
 *     { "version": 1, "domains": [ { "exporter": "192.0.2.1", "version": 9, "domain": 0, "templates": [ … ], … }, … ] }
 */
import fs from 'node:fs'
import path from 'node:path'
import { EXIT, reasonNotMade, reasonOf, UserError } from '../cli/exit.js'
import type { Log } from '../cli/log.js'
import type { SavedDomain } from './netflow/state.js'

const FILE_VERSION = 1

export interface TemplateFile {
  /** Writes the file where something changed since it was written last. */
  save(): void
  /** Saves, and stops saving by itself. */
  end(): void
}

/** Hands each saved domain to `restore`; a file that is not what it should be is told of and set aside, never fatal. */
export function loadTemplates(file: string, restore: (domain: unknown) => void, log: Log): void {
  let text: string
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw new UserError(EXIT.noInput, `-templates.json.path ${file}: ${reasonOf(error)}`)
  }
  try {
    const { version, domains } = JSON.parse(text) as { version?: unknown; domains?: unknown }
    if (version !== FILE_VERSION || !Array.isArray(domains)) throw new Error('no file of templates')
    for (const domain of domains as unknown[]) restore(domain)
  } catch (error) {
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

/**
 * Keeps the file up to date: every `intervalMs`, where `changes` gives another number than before. `state` gives what to save.
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
