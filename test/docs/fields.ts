/** `npm run fields`: writes man/flow-fields.7 and docs/fields.md. */
import fs from 'node:fs'
import path from 'node:path'
import { ROOT } from '../support/tools.js'
import { fieldsMarkdown } from './fieldsmd.js'
import { fieldsPage } from './fieldspage.js'

fs.writeFileSync(path.join(ROOT, 'man/flow-fields.7'), fieldsPage())
fs.writeFileSync(path.join(ROOT, 'docs/fields.md'), await fieldsMarkdown())
