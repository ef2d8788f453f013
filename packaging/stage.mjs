/**
 * Puts what a user installs into dist/package, and packs it: the bundled tools, the library, manual pages and proto/, with a package.json that has no
 * scripts and no development dependencies, so that nothing runs when it is installed. Prints the path of the tarball.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const STAGE = path.join(ROOT, 'dist/package')

const { scripts: _scripts, devDependencies: _tools, ...manifest } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'))
fs.rmSync(STAGE, { recursive: true, force: true })
fs.mkdirSync(STAGE, { recursive: true })
for (const entry of manifest.files.filter((entry) => !entry.startsWith('!')))
  fs.cpSync(path.join(ROOT, entry), path.join(STAGE, entry), { recursive: true })
fs.writeFileSync(path.join(STAGE, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`)

const [{ filename }] = JSON.parse(execFileSync('npm', ['pack', '--json'], { cwd: STAGE, encoding: 'utf8' }))
console.log(path.relative(ROOT, path.join(STAGE, filename)))
