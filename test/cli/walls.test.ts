/** The walls between folders of src/ hold: a breach of each kind fails the lint. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ESLint } from 'eslint'
import tseslint from 'typescript-eslint'
import { ROOT } from '../support/tools.js'

/** The rules that `text` breaks where it stands in the place of `file`. */
async function brokenRules(file: string, text: string): Promise<string[]> {
  const eslint = new ESLint({
    cwd: ROOT,
    // without types, which take seconds and tell nothing here
    overrideConfig: [{ files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked }]
  })
  const [{ messages }] = await eslint.lintText(text, { filePath: file })
  return messages.flatMap(({ ruleId }) => (ruleId?.startsWith('import-x/') === true ? [ruleId] : []))
}

const BREACHES = [
  ['a stage that imports a stage', 'src/agg/flow-agg.ts', '../filter/flow-filter.js', 'import-x/no-restricted-paths'],
  ['a floor that imports a stage', 'src/text/line.ts', '../format/json.js', 'import-x/no-restricted-paths'],
  ['a floor that imports one above', 'src/flow/frames.ts', '../cli/exit.js', 'import-x/no-restricted-paths'],
  ['a circle', 'src/agg/aggregation.ts', './flow-agg.js', 'import-x/no-cycle']
] as const

for (const [what, file, from, rule] of BREACHES) {
  test(`${what} fails the lint`, async () => {
    assert.deepEqual(await brokenRules(file, `import * as other from '${from}'\n\nexport const used = other\n`), [rule])
  })
}

test('a stage may import a floor, and a floor one below', async () => {
  assert.deepEqual(await brokenRules('src/agg/flow-agg.ts', "import * as exit from './exit.js'\n\nexport const used = exit\n"), [])
  assert.deepEqual(await brokenRules('src/ship/key.ts', "import * as varint from '../flow/varint.js'\n\nexport const used = varint\n"), [])
})
