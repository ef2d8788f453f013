/** `-networks`: what a user's own tables say of the networks that addresses are in. */
import type { Log } from '../../cli/log.js'
import { plural } from '../../cli/plural.js'
import type { Facts } from '../facts.js'
import { keep, type Kept } from '../kept.js'
import type { Source } from '../records.js'
import { type Attributes, readAttributes } from './attributes.js'
import { AS_NUMBER, COUNTRY } from './cells.js'
import { TEXT } from './csv.js'

const COLUMNS = {
  name: TEXT,
  role: TEXT,
  site: TEXT,
  region: TEXT,
  tenant: TEXT,
  asn: AS_NUMBER,
  country: COUNTRY,
  city: TEXT
}
type Column = keyof typeof COLUMNS

export interface NetworkSource extends Source {
  readonly kept: Kept<Attributes<Column>>
}

/** Opens the tables given as `-networks PATHS`. Throws UserError. */
export async function openNetworks(paths: readonly string[], log: Log): Promise<NetworkSource> {
  const load = () => readAttributes<Column>(paths, 'network', COLUMNS)
  const kept = await keep('-networks', paths, load, ({ count }) => plural(count, 'network'), log)
  return {
    kept,
    says: 'networks',
    find: (a, b, c, d) => kept.contents.find(a, b, c, d),
    facts(prefix): Facts {
      const value = (column: Column): string => kept.contents.value(prefix, column)
      return {
        asn: Number(value('asn')),
        asName: '',
        country: value('country'),
        city: value('city'),
        network: value('name'),
        role: value('role'),
        site: value('site'),
        region: value('region'),
        tenant: value('tenant')
      }
    },
    onFailure: () => undefined
  }
}
