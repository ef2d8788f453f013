/** What to offer where a name is unknown. */

/** How many of a long list are worth reading. */
const OFFERED = 8

/** The names that would do in place of `word`, nearest first: all of a short list, the first few of a long one. */
export function nearest(word: string, names: Iterable<string>): string {
  const wanted = word.toLowerCase()
  const ranked = Array.from(names, (name) => ({ name, distance: distance(wanted, name.toLowerCase()) }))
  ranked.sort((a, b) => a.distance - b.distance) // stable: equally far ones in the order given
  const offered = ranked.length <= 2 * OFFERED ? ranked : ranked.slice(0, OFFERED)
  return offered.map(({ name }) => name).join(', ') + (offered.length < ranked.length ? ', …' : '')
}

/** The name that was likely meant by `word`: the first that begins so, else one a slip or two of the finger away. */
export function alike(word: string, names: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase()
  const most = Math.max(1, Math.min(3, Math.floor(word.length / 3)))
  const [best] = Array.from(names, (name) => ({ name, distance: slips(wanted, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= most && distance < word.length)
    .sort((a, b) => a.distance - b.distance)
  return best?.name
}

function slips(wanted: string, name: string): number {
  return name.startsWith(wanted) ? 0 : editDistance(wanted, name)
}

/** A name that the word is a part of is as near as one with a slip of the finger. */
function distance(wanted: string, name: string): number {
  return wanted.length > 2 && name.includes(wanted) ? 1 : editDistance(wanted, name)
}

/** Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1]
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1))
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) row[j] = Math.min(row[j], beforeLast[j - 2] + 1)
    }
    beforeLast = last
    last = row
  }
  return last[to.length]
}
