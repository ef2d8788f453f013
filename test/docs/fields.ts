/** `npm run fields`: writes man/flow-fields.7. */
import fs from 'node:fs'
import path from 'node:path'
import { ROOT } from '../support/tools.js'
import { fieldsPage } from './fieldspage.js'

fs.writeFileSync(path.join(ROOT, 'man/flow-fields.7'), fieldsPage())
