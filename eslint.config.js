import fs from 'node:fs'
import { createNodeResolver, importX } from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

/** Floors, bottom up: each may import itself and those before it. Every other folder of src/ is a stage, which may import floors only. */
const FLOORS = ['flow', 'cli', 'schema', 'mapping', 'text', 'columns', 'table', 'query', 'ship']
const folders = fs
  .readdirSync(new URL('src', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
const missing = FLOORS.filter((floor) => !folders.includes(floor))
if (missing.length > 0) throw new Error(`eslint.config.js names floors that src/ does not have: ${missing.join(', ')}`)

const walls = folders.map((folder) => {
  const level = FLOORS.indexOf(folder)
  return {
    target: `./src/${folder}`,
    from: './src',
    except: [folder, ...(level < 0 ? FLOORS : FLOORS.slice(0, level))].map((name) => `./${name}`),
    message:
      level < 0
        ? `a stage imports itself and floors (${FLOORS.join(', ')}), never another stage`
        : `the floor ${folder} imports itself and what is below it: ${FLOORS.slice(0, level).join(', ') || 'nothing'}`
  }
})

/** The rooms of the decoder of NetFlow and IPFIX, bottom up: each imports itself and those before it. */
const ROOMS = ['wire', 'known', 'fields', 'compile', 'run']
const NETFLOW = './src/decode/netflow'
const rooms = ROOMS.map((room, i) => ({
  target: `${NETFLOW}/${room}`,
  from: NETFLOW,
  except: ROOMS.slice(0, i + 1).map((name) => `./${name}`),
  message: `the room ${room} imports itself and those before it: ${ROOMS.slice(0, i).join(', ') || 'none'}`
}))

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensionAlias: { '.js': ['.ts', '.js'] } })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/extensions': ['.ts', '.js']
    },
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-floating-promises': [
        'error',
        { allowForKnownSafeCalls: [{ from: 'package', name: ['test', 'it', 'describe'], package: 'node:test' }] }
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'off',
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: [...walls, ...rooms] }],
      'import-x/no-cycle': 'error',
      'import-x/order': ['error', { groups: ['builtin', 'external', ['parent', 'sibling', 'index']], 'newlines-between': 'never' }],
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' }],
      eqeqeq: 'error',
      'prefer-const': 'error'
    }
  }
)
