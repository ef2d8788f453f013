/** What databases and tables say of an address. */

/** Zero and empty: not known. */
export interface Facts {
  asn: number
  /** of that AS number */
  asName: string
  /** ISO 3166-1 alpha-2 */
  country: string
  city: string
  /** the name of the network */
  network: string
  role: string
  site: string
  region: string
  tenant: string
}

export const NO_FACTS: Readonly<Facts> = {
  asn: 0,
  asName: '',
  country: '',
  city: '',
  network: '',
  role: '',
  site: '',
  region: '',
  tenant: ''
}

/** A name of no number is nothing. */
export function knowsNothing({ asn, country, city, network, role, site, region, tenant }: Facts): boolean {
  return asn === 0 && [country, city, network, role, site, region, tenant].every((text) => text === '')
}
