/** What package.json says. */
import fs from 'node:fs'
import { projectFile } from '../flow/files.js'

interface Package {
  readonly version: string
  readonly bin: Readonly<Record<string, string>>
}

/** Reads package.json. */
export function readPackage(): Package {
  return JSON.parse(fs.readFileSync(projectFile('package.json'), 'utf8')) as Package
}
