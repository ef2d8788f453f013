/** Where a database is when only its name is given. */
import fs from 'node:fs'
import path from 'node:path'

/** Where packages and geoipupdate put their files. */
export const GEOIP_FOLDERS: readonly string[] = [
  '/usr/share/GeoIP',
  '/var/lib/GeoIP',
  '/usr/local/share/GeoIP',
  '/usr/local/var/GeoIP',
  '/opt/homebrew/var/GeoIP'
]

/** The file meant by `name`: itself where it has a directory or is in the current folder, else the first of that name in `folders`; itself where there is none. */
export function locate(name: string, folders = GEOIP_FOLDERS): string {
  if (path.basename(name) !== name || fs.existsSync(name)) return name
  return folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file)) ?? name
}
