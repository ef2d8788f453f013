/** Lines that are written once for each of what they are about: exporters, connections. */

/** Past this many only their number grows: a flood of forged addresses fills neither memory nor the log. */
const MOST = 1000

/** Writes the line of each key the first time. */
export function onceEach(tell: (line: string) => void): (key: string, line: () => string) => void {
  const told = new Set<string>()
  return (key, line) => {
    if (told.size > MOST || told.has(key)) return
    told.add(key)
    tell(told.size <= MOST ? line() : `${line()}; more of them are not told of`)
  }
}
