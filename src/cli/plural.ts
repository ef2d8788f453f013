/** `1 flow`, `2 flows`: how summaries count. */
export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}
