/** The tools of this package, for what is said of all of them: each module is loaded when it is asked for. */
import type { Definition } from './definition.js'
import { readPackage } from './package.js'

/** The definitions of all tools, in the order of package.json. */
export async function allTools(): Promise<Definition[]> {
  const modules = Object.keys(readPackage().bin).map(async (name) => {
    const { tool } = (await import(`../${name.replace(/^flow-/, '')}/${name}.js`)) as { tool: { definition: Definition } }
    return tool.definition
  })
  return Promise.all(modules)
}
