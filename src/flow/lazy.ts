/** What only some runs need is made when it is needed: each millisecond of a start counts for every tool of a pipeline. */
import { createRequire } from 'node:module'

/** The value that `make` gives, made when it is first asked for. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => (made ??= { value: make() }).value
}

const load = createRequire(import.meta.url)

/** node:tls, which an import would make read all root certificates, and load node:crypto. */
export const tls = lazy(() => load('node:tls') as typeof import('node:tls'))
export const crypto = lazy(() => load('node:crypto') as typeof import('node:crypto'))
export const childProcess = lazy(() => load('node:child_process') as typeof import('node:child_process'))
