/** Starts the tool flow-STAGE from the built code, and says what is missing when there is none. */
export async function launch(stage) {
  try {
    const { main } = await import(`../dist/src/${stage}/flow-${stage}.js`)
    await main()
  } catch (error) {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    process.stderr.write(`flow-${stage}: not installed yet: run 'npm install' in the project's folder\n`)
    process.exitCode = 69
  }
}
