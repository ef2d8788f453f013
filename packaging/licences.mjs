/**
 * `npm run licences`: the run-time dependencies with their versions and licences, those that we ask for first. Ends with 1 where one has a
 * licence that is not known to go with ours (BSD-3-Clause).
 */
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const FINE = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
  'BlueOak-1.0.0',
  'MIT OR Apache-2.0',
  'Apache-2.0 OR MIT'
])

const read = (file) => JSON.parse(fs.readFileSync(path.join(ROOT, file), 'utf8'))
const wanted = read('package.json').dependencies
const rows = Object.entries(read('package-lock.json').packages)
  .filter(([place, { dev, devOptional }]) => place !== '' && dev !== true && devOptional !== true)
  .map(([place, { version, license }]) => ({ name: place.split('node_modules/').at(-1), version, licence: license ?? 'none is told' }))
  .sort((a, b) => Number(b.name in wanted) - Number(a.name in wanted) || (a.name < b.name ? -1 : 1))

const width = Math.max(...rows.map(({ name }) => name.length))
for (const { name, version, licence } of rows) {
  console.log(`${name in wanted ? '' : '  '}${name.padEnd(width + (name in wanted ? 4 : 2))}${version.padEnd(12)}${licence}`)
}
const others = rows.filter(({ licence }) => !FINE.has(licence))
for (const { name, licence } of others) console.error(`${name}: ${licence}: is it one that goes with BSD-3-Clause?`)
if (others.length > 0) process.exitCode = 1
