/** Work of parquet-wasm, which a broken file can end in a trap: an error thrown in nobody's call, which rejects no promise. */

/** The result of the work. Throws what it throws, and an Error where it traps; its WebAssembly is of no use then. */
export async function orTrap<T>(work: Promise<T>): Promise<T> {
  let onTrap: (error: Error) => void = () => undefined
  const trapped = new Promise<never>((_resolve, reject) => {
    onTrap = (error) => {
      if (error.name !== 'RuntimeError') throw error
      reject(new Error('it is broken'))
    }
    process.on('uncaughtException', onTrap)
  })
  try {
    return await Promise.race([work, trapped])
  } finally {
    process.off('uncaughtException', onTrap)
  }
}
