/** Lines that are logged once for each exporter or connection. */

/** After this many no more are logged: a flood of forged addresses fills neither memory nor the log. */
const MOST = 1000

/** Writes the line of each key the first time. */
export function onceEach(write: (line: string) => void): (key: string, line: () => string) => void {
  const written = new Set<string>()
  return (key, line) => {
    if (written.size > MOST || written.has(key)) return
    written.add(key)
    write(written.size <= MOST ? line() : `${line()}; further ones are not logged`)
  }
}
