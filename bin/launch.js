/**
 * Starts the tool flow-STAGE from the built code. A build that is missing, being made or cut short costs one line; traces of a run at log
 * level debug point into src/.
 */
export async function launch(stage) {
  if (process.env.FLOW_LOGLEVEL === 'debug' || process.argv.some((word) => /^(-{1,2}loglevel=)?debug$/i.test(word))) {
    process.setSourceMapsEnabled(true)
  }
  let tool
  try {
    tool = (await import(`../dist/bundle/${stage}/flow-${stage}.js`)).tool
    if (tool === undefined) throw new SyntaxError('a file ends too early')
  } catch (error) {
    const missing = error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'ENOENT'
    const why = missing ? 'it is not built yet, or is being built' : `its build is broken (${String(error).split('\n')[0]})`
    process.stderr.write(`flow-${stage}: ${why}: run 'npm install' in the project's folder\n`)
    process.exitCode = 69
    return
  }
  await tool.main()
}
