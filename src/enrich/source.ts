/** A database of the command line in use: opened, looked up in, and opened anew when its file is replaced. */
import { EXIT, reasonOf, UserError } from '../cli/exit.js'
import type { Log } from '../cli/log.js'
import { BrokenDatabaseError, type Database, openDatabase, survey } from './database.js'
import { asOf, cityOf, countryOf, type Facts, NO_FACTS } from './facts.js'
import { GEOIP_FOLDERS, locate } from './locate.js'
import type { Source } from './records.js'
import { fileIdentity, watchFile } from '../cli/watch.js'

/** What a database is asked for: the option is -db.WANTED. */
export type Wanted = 'asn' | 'country' | 'city'

export interface OpenSource extends Source {
  readonly wanted: Wanted
  readonly loads: { done: number; failed: number }
  /** Opens the file anew, and calls the `onReload` of `watch` with the new database in place; where it is of no use, the old one stays. */
  readonly reload: () => Promise<void>
  /** Reloads whenever the file is another. */
  readonly watch: (onReload: () => void) => void
}

interface Kind {
  /** what one is missing in a database of another kind */
  readonly what: string
  readonly facts: (record: unknown) => Facts
  readonly tells: (facts: Facts) => boolean
}

/** `cityHasCountry`: a city database is asked for the country as well. */
function kindOf(wanted: Wanted, cityHasCountry: boolean): Kind {
  switch (wanted) {
    case 'asn':
      return { what: 'AS numbers', facts: (record) => ({ ...NO_FACTS, ...asOf(record) }), tells: ({ asn }) => asn !== 0 }
    case 'country':
      return {
        what: 'country codes',
        facts: (record) => ({ ...NO_FACTS, country: countryOf(record) }),
        tells: ({ country }) => country !== ''
      }
    case 'city':
      return {
        what: 'city names',
        facts: (record) => ({ ...NO_FACTS, city: cityOf(record), country: cityHasCountry ? countryOf(record) : '' }),
        tells: ({ city }) => city !== ''
      }
  }
}

/** Opens the database given as `-db.WANTED NAME`. Throws UserError: 66 where the file cannot be read, 65 where it is no database. */
export async function openSource(wanted: Wanted, name: string, cityHasCountry: boolean, log: Log): Promise<OpenSource> {
  const path = locate(name)
  const title = `-db.${wanted} ${path}`
  const { what, facts, tells } = kindOf(wanted, cityHasCountry)
  const loads = { done: 0, failed: 0 }
  let identity = ''
  let failureTold = false
  let onReload = (): void => undefined
  let reloading: Promise<void> | undefined

  /** Opens the file; says as well what it lacks. Throws BrokenDatabaseError or the error of the system. */
  async function open(): Promise<{ database: Database; lack?: string }> {
    identity = await fileIdentity(path)
    const database = await openDatabase(path)
    const { read, useful, failure } = survey(database, (record) => tells(facts(record)))
    if (read === 0 && failure !== undefined) throw new BrokenDatabaseError(`is broken: no record can be read (${failure})`)
    return useful > 0 ? { database } : { database, lack: `has no ${what} in it: its type is ${database.type}` }
  }

  async function openFirst(): Promise<Database> {
    try {
      const { database, lack } = await open()
      if (lack !== undefined) log.warn(`${title} ${lack}`)
      return database
    } catch (error) {
      if (error instanceof BrokenDatabaseError) throw new UserError(EXIT.badData, `${title} ${error.message}`)
      const elsewhere = path === name && !name.includes('/') ? `, neither here nor in ${GEOIP_FOLDERS.join(', ')}` : ''
      throw new UserError(EXIT.noInput, `${title} cannot be opened: ${reasonOf(error)}${elsewhere}`)
    }
  }

  async function openAgain(): Promise<void> {
    try {
      const { database, lack } = await open()
      if (lack !== undefined) throw new BrokenDatabaseError(lack)
      source.database = database
      failureTold = false
      loads.done++
      log.info(`${title} reloaded: ${builtOf(database)}`)
      onReload()
    } catch (error) {
      loads.failed++
      const reason = error instanceof BrokenDatabaseError ? error.message : `cannot be opened: ${reasonOf(error)}`
      log.warn(`${title} ${reason}; going on with the one that was loaded before, ${builtOf(source.database)}`)
    }
  }

  const source: OpenSource = {
    wanted,
    database: await openFirst(),
    facts,
    loads,
    onFailure(error) {
      if (!failureTold) log.warn(`${title} has records that cannot be read (${reasonOf(error)}): they count as errors`)
      failureTold = true
    },
    reload() {
      return (reloading ??= openAgain().finally(() => (reloading = undefined)))
    },
    watch(handler) {
      onReload = handler
      watchFile(path, () => identity, source.reload)
    }
  }
  return source
}

function builtOf({ type, built }: Database): string {
  return `${type}, built ${Number.isNaN(built.getTime()) ? 'at no known time' : built.toISOString().slice(0, 10)}`
}
