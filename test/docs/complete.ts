/** A part of `npm run build`: writes the completions for shells. */
import fs from 'node:fs'
import path from 'node:path'
import { allTools } from '../../src/cli/alltools.js'
import { ROOT } from '../support/tools.js'
import { bashCompletion, fishCompletion, zshCompletion } from './completions.js'

const folder = path.join(ROOT, 'completions')
const tools = await allTools()
fs.mkdirSync(folder, { recursive: true })
fs.writeFileSync(path.join(folder, 'flow-tools.bash'), bashCompletion(tools))
fs.writeFileSync(path.join(folder, '_flow-tools'), zshCompletion(tools))
fs.writeFileSync(path.join(folder, 'flow-tools.fish'), fishCompletion(tools))
