/** A database of the command line in use: what it says of addresses. */
import { EXIT, reasonOf } from '../../cli/exit.js'
import type { Log } from '../../cli/log.js'
import { type Facts, NO_FACTS } from '../facts.js'
import { type Contents, keep, type Kept, UnusableFileError } from '../kept.js'
import type { Source } from '../records.js'
import { BrokenDatabaseError, type Database, openDatabase, survey } from './database.js'
import { GEOIP_FOLDERS, locate } from './locate.js'
import { asOf, cityOf, countryOf } from './publishers.js'
import { findRecord, TREE_BROKEN } from './tree.js'

/** What a database is asked for: the option is -db.WANTED. */
export type Wanted = 'asn' | 'country' | 'city'

export interface OpenSource extends Source {
  readonly wanted: Wanted
  readonly kept: Kept<Database>
}

interface Kind {
  /** what one is missing in a database of another kind */
  readonly what: string
  readonly facts: (record: unknown) => Facts
  readonly knows: (facts: Facts) => boolean
}

/** `cityHasCountry`: a city database is asked for the country as well. */
function kindOf(wanted: Wanted, cityHasCountry: boolean): Kind {
  switch (wanted) {
    case 'asn':
      return { what: 'AS numbers', facts: (record) => ({ ...NO_FACTS, ...asOf(record) }), knows: ({ asn }) => asn !== 0 }
    case 'country':
      return {
        what: 'country codes',
        facts: (record) => ({ ...NO_FACTS, country: countryOf(record) }),
        knows: ({ country }) => country !== ''
      }
    case 'city':
      return {
        what: 'city names',
        facts: (record) => ({ ...NO_FACTS, city: cityOf(record), country: cityHasCountry ? countryOf(record) : '' }),
        knows: ({ city }) => city !== ''
      }
  }
}

/** Opens the database given as `-db.WANTED NAME`. Throws UserError: 66 where the file cannot be read, 65 where it is no database. */
export async function openSource(wanted: Wanted, name: string, cityHasCountry: boolean, log: Log): Promise<OpenSource> {
  const path = locate(name)
  const option = `-db.${wanted}`
  const { what, facts, knows } = kindOf(wanted, cityHasCountry)
  let failureTold = false

  async function load(): Promise<Contents<Database>> {
    try {
      const database = await openDatabase(path)
      const { read, useful, failure } = survey(database, (record) => knows(facts(record)))
      if (read === 0 && failure !== undefined) throw new BrokenDatabaseError(`is broken: no record can be read (${failure})`)
      failureTold = false
      return useful > 0
        ? { contents: database }
        : { contents: database, lack: `${path} has no ${what} in it: its type is ${database.type}` }
    } catch (error) {
      if (error instanceof BrokenDatabaseError) throw new UnusableFileError(EXIT.badData, `${path} ${error.message}`)
      const elsewhere = path === name && !name.includes('/') ? `, neither here nor in ${GEOIP_FOLDERS.join(', ')}` : ''
      throw new UnusableFileError(EXIT.noInput, `${path} cannot be opened: ${reasonOf(error)}${elsewhere}`)
    }
  }

  const kept = await keep(option, [path], load, builtOf, log)
  return {
    wanted,
    kept,
    says: 'db',
    find: (a, b, c, d) => findRecord(kept.contents.tree, a, b, c, d),
    facts(position, a, b, c, d) {
      if (position === TREE_BROKEN) throw new Error('the search tree leads nowhere')
      return facts(kept.contents.record(a, b, c, d))
    },
    onFailure(error) {
      if (!failureTold) log.warn(`${option} ${path} has records that cannot be read (${reasonOf(error)}): they count as errors`)
      failureTold = true
    }
  }
}

function builtOf({ type, built }: Database): string {
  return `${type}, built ${Number.isNaN(built.getTime()) ? 'at no known time' : built.toISOString().slice(0, 10)}`
}
