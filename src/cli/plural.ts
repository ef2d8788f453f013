/** `1 flow`, `2 flows`: how summaries count. */
export function plural(count: number, word: string, words = `${word}s`): string {
  return `${count} ${count === 1 ? word : words}`
}

/** The parts of a summary that are not zero, each as `, 3 late`; a word may have another form for more than one. */
export function others(...parts: readonly (readonly [count: number, word: string, words?: string])[]): string {
  return parts
    .filter(([count]) => count > 0)
    .map(([count, word, words = word]) => `, ${plural(count, word, words)}`)
    .join('')
}
