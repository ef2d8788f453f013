/**
 * Makes dist/bundle, which bin/ starts, of dist/src: a file for each floor and stage instead of one for each module, because opening 160 files
 * is most of a start. A tool stands in STAGE/flow-STAGE.js as it does in dist/src, so that paths between files hold in both. npm packages, and
 * what is imported when it is needed, stay as they are.
 */
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const MODULES = fileURLToPath(new URL('dist/src', import.meta.url))

const folderOf = (file) => path.relative(MODULES, file).split(path.sep)[0]
const toolOf = (stage) => `${stage}/flow-${stage}`
const stages = fs.readdirSync(MODULES).filter((folder) => fs.existsSync(path.join(MODULES, `${toolOf(folder)}.js`)))
/** What is started by its file: the tools, and a thread of flow-listen. */
const entries = [...stages.map(toolOf), 'listen/thread-main']

/** Modules with the maps that tsc wrote beside them, so that traces lead through the bundle to src/. */
const compiledModules = {
  name: 'compiled-modules',
  load: (file) => ({
    code: fs.readFileSync(file, 'utf8'),
    map: fs.existsSync(`${file}.map`) ? fs.readFileSync(`${file}.map`, 'utf8') : null
  })
}

export default {
  input: Object.fromEntries(entries.map((entry) => [entry, path.join(MODULES, `${entry}.js`)])),
  external: /^[^./]/,
  plugins: [compiledModules],
  // what is loaded later may use what a tool's file holds
  preserveEntrySignatures: 'allow-extension',
  onwarn(warning) {
    throw new Error(warning.message)
  },
  output: {
    dir: 'dist/bundle',
    sourcemap: true,
    sourcemapExcludeSources: true,
    hoistTransitiveImports: false,
    entryFileNames: '[name].js',
    chunkFileNames: ({ moduleIds }) =>
      stages.includes(folderOf(moduleIds[0])) ? `${folderOf(moduleIds[0])}/[name].js` : 'floors/[name].js',
    /** A floor is a file; what belongs to one stage is in the file of its tool, but for what that imports later. */
    manualChunks: (file) => (stages.includes(folderOf(file)) ? undefined : folderOf(file))
  }
}
