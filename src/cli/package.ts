/** What package.json says. */
import fs from 'node:fs'

interface Package {
  readonly version: string
  readonly bin: Readonly<Record<string, string>>
}

export function readPackage(): Package {
  return JSON.parse(fs.readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as Package
}
