/**
 * Source text for plans. Nothing that came from the network may be in it but as a number: so there is no way to make it of strings, only of
 * templates that stand in our files, of whole numbers, and of what was made in the same way.
 */
declare const made: unique symbol
export type Source = string & { readonly [made]: true }

/** Throws for a number that is not whole. */
export function source(texts: TemplateStringsArray, ...values: readonly (number | Source)[]): Source {
  const filled = values.map((value) => (typeof value === 'number' ? integer(value) : value))
  return String.raw({ raw: texts }, ...filled) as Source
}

/** Several texts as one. */
export function joined(sources: readonly Source[], between: '\n' | ' || ' | ' && '): Source {
  return sources.join(between) as Source
}

function integer(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} in source text`)
  return String(value)
}
