/** Flows to all targets: each message goes the way of every target that takes its exporter. */
import { isInNetwork } from '../../flow/address.js'
import type { FrameHandler } from '../../flow/frames.js'
import type { Sink } from '../../flow/output.js'
import { type Domain, type ExportOptions, flowExport, type Message } from './export.js'
import type { Route, RouteContext } from './route.js'

/** How long a flow is held back for company. */
const LINGER_MS = 10

export interface Reexport extends Sink {
  readonly onFrame: FrameHandler
  readonly routes: readonly Route[]
  /** The end is near: no target that takes nothing is to hold it up for long. */
  hurry(): void
  readonly counts: { readonly flows: number; readonly malformed: number; readonly exporters: number; readonly unwanted: number }
}

export interface ReexportOptions extends ExportOptions {
  /** how often templates are sent again, in milliseconds */
  readonly defineEveryMs: number
}

/** `open` makes the routes. */
export function reexport(options: ReexportOptions, open: (context: RouteContext) => Route[]): Reexport {
  const exporting = flowExport(options, onMessage)
  const allowed = new WeakMap<Domain, readonly boolean[]>()
  let wake: () => void = () => undefined
  let unwanted = 0
  let timer: NodeJS.Timeout | undefined
  const routes = open({
    exporting,
    onProgress: () => {
      wake()
    }
  })
  const defining = setInterval(() => {
    for (const route of routes) route.defineAgain()
  }, options.defineEveryMs)
  defining.unref()

  function allowedOf(domain: Domain): readonly boolean[] {
    let known = allowed.get(domain)
    if (known === undefined) {
      known = routes.map(({ allow }) => allow.length === 0 || allow.some((network) => isInNetwork(domain.sampler, network)))
      allowed.set(domain, known)
    }
    return known
  }

  function onMessage(message: Message): void {
    const takes = allowedOf(message.domain)
    let isWanted = false
    for (let i = 0; i < routes.length; i++) {
      if (!takes[i]) continue
      isWanted = true
      routes[i].send(message)
    }
    if (!isWanted) unwanted += message.flows
  }

  const isBlocked = (): boolean => routes.every(({ blocked }) => blocked)

  return {
    routes,
    get counts() {
      return { ...exporting.counts, unwanted }
    },
    onFrame(buf, start, end) {
      exporting.add(buf, start, end)
    },
    commit() {
      if (!exporting.pending || timer !== undefined) return
      timer = setTimeout(() => {
        timer = undefined
        exporting.flush()
      }, LINGER_MS)
    },
    get blocked() {
      return isBlocked()
    },
    async ready() {
      while (isBlocked()) await new Promise<void>((resolve) => (wake = resolve))
    },
    hurry() {
      for (const route of routes) route.hurry()
    },
    async end() {
      clearTimeout(timer)
      timer = undefined
      exporting.flush()
      clearInterval(defining)
      const ends = await Promise.allSettled(routes.map((route) => route.end()))
      for (const end of ends) if (end.status === 'rejected') throw end.reason
    }
  }
}
