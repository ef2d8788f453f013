/**
 * Prometheus metrics and liveness over HTTP. Tools count in plain numbers of their own; a metric reads them when it is asked for,
 * so that a run without `-addr` neither loads nor feeds anything.
 */
import type http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import { EXIT, reasonOf, UserError } from './exit.js'
import type { Log } from './log.js'

/** A value, or one for each set of label values. */
export type Reading = number | Iterable<readonly [labels: Record<string, string>, value: number]>

export interface Metric {
  /** flow_<tool>_…; a counter's ends in _total */
  name: string
  help: string
  type: 'counter' | 'gauge'
  labels: readonly string[]
  read: () => Reading
}

/** A distribution counted by the tool: `counts[i]` of the values fell at or under `bounds[i]`, the last counts those above all. */
export interface Distribution {
  readonly bounds: readonly number[]
  readonly counts: Float64Array
  sum: number
}

export interface DistributionMetric {
  name: string
  help: string
  type: 'histogram'
  read: () => Distribution
}

/** Another page on the same port. */
export type Page = (request: http.IncomingMessage, response: http.ServerResponse) => void

/** Where a tool declares its metrics: names without `flow_<tool>_` and, of counters, `_total`. */
export interface Metrics {
  readonly counter: (name: string, help: string, read: () => Reading, labels?: readonly string[]) => void
  readonly gauge: (name: string, help: string, read: () => Reading, labels?: readonly string[]) => void
  readonly histogram: (name: string, help: string, read: () => Distribution) => void
  readonly page: (path: string, show: Page) => void
}

export interface Declared {
  readonly metrics: readonly (Metric | DistributionMetric)[]
  readonly pages: ReadonlyMap<string, Page>
}

/** The metrics and pages that `declare` adds. */
export function declared(tool: string, declare: (metrics: Metrics) => void): Declared {
  const metrics: (Metric | DistributionMetric)[] = []
  const pages = new Map<string, Page>()
  const prefix = tool.replaceAll('-', '_')
  declare({
    counter(name, help, read, labels = []) {
      metrics.push({ name: `${prefix}_${name}_total`, help, type: 'counter', labels, read })
    },
    gauge(name, help, read, labels = []) {
      metrics.push({ name: `${prefix}_${name}`, help, type: 'gauge', labels, read })
    },
    histogram(name, help, read) {
      metrics.push({ name: `${prefix}_${name}`, help, type: 'histogram', read })
    },
    page(path, show) {
      pages.set(path, show)
    }
  })
  return { metrics, pages }
}

export interface Served {
  /** where it listens, for people and tests */
  readonly address: string
  close(): void
}

/** An empty distribution; `bounds` go up. */
export function distribution(bounds: readonly number[]): Distribution {
  return { bounds, counts: new Float64Array(bounds.length + 1), sum: 0 }
}

/** Counts a value. */
export function observe(distribution: Distribution, value: number): void {
  const { bounds, counts } = distribution
  let i = 0
  while (i < bounds.length && value > bounds[i]) i++
  counts[i]++
  distribution.sum += value
}

/** Serves at `addr` (`:8080`, `host:8080`, `[::1]:8080`). Throws UserError: 64 for no such address, 69 for one in use. */
export async function serveMetrics(addr: string, { metrics, pages }: Declared, log: Log): Promise<Served> {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(addr)
  if (match === null || Number(match[3]) > 65535) {
    throw new UserError(EXIT.usage, `-addr ${addr}: an address is :PORT or HOST:PORT, as :8080 or [::1]:8080`)
  }
  const registry = await registryOf(metrics)
  const { createServer } = await import('node:http')
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0]
    const show = pages.get(path)
    if (show !== undefined) show(request, response)
    else if (path === '/__health') response.end('ok\n')
    else if (path === '/metrics') {
      registry.metrics().then(
        (text) => response.setHeader('content-type', registry.contentType).end(text),
        (error: unknown) => {
          log.error(`metrics: ${reasonOf(error)}`)
          response.writeHead(500).end()
        }
      )
    } else response.writeHead(404).end(`only ${['/metrics', '/__health', ...pages.keys()].join(', ')} here\n`)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(new UserError(EXIT.unavailable, `-addr ${addr}: ${reasonOf(error)}`))
    })
    const host = match[1] ?? match[2]
    server.listen({ port: Number(match[3]), ...(host === '' ? {} : { host }) }, resolve)
  })
  server.unref()
  const { address, port } = server.address() as AddressInfo
  const served = `${address.includes(':') ? `[${address}]` : address}:${port}`
  log.info(`metrics at http://${served}/metrics`)
  return {
    address: served,
    close() {
      server.close()
      server.closeAllConnections()
    }
  }
}

async function registryOf(metrics: readonly (Metric | DistributionMetric)[]): Promise<Registry> {
  const prom = await import('prom-client')
  const registry = new prom.Registry()
  for (const metric of metrics) {
    if (metric.type === 'histogram') {
      registerDistribution(registry, metric)
      continue
    }
    const { name, help, labels: labelNames, read } = metric
    const settings = { name, help, labelNames, registers: [registry] }
    if (metric.type === 'gauge') {
      new prom.Gauge({
        ...settings,
        collect() {
          fill(read(), this.set.bind(this), this.reset.bind(this))
        }
      })
    } else {
      new prom.Counter({
        ...settings,
        collect() {
          fill(read(), this.inc.bind(this), this.reset.bind(this))
        }
      })
    }
  }
  prom.collectDefaultMetrics({ register: registry })
  return registry
}

function fill(
  reading: Reading,
  put: { (value: number): void; (labels: Record<string, string>, value: number): void },
  reset: () => void
): void {
  reset()
  if (typeof reading === 'number') put(reading)
  else for (const [labels, value] of reading) put(labels, value)
}

/** prom-client's Histogram wants every value one by one; this hands it the counts that are there. */
function registerDistribution(registry: Registry, { name, help, read }: DistributionMetric): void {
  const metric = {
    name,
    help,
    type: 'histogram' as const,
    aggregator: 'sum' as const,
    reset: () => undefined,
    get() {
      const { bounds, counts, sum } = read()
      let total = 0
      const values = bounds.map((bound, i) => ({ metricName: `${name}_bucket`, labels: { le: bound }, value: (total += counts[i]) }))
      total += counts[bounds.length]
      return Promise.resolve({
        name,
        help,
        type: 'histogram' as const,
        aggregator: 'sum' as const,
        values: [
          ...values,
          { metricName: `${name}_bucket`, labels: { le: '+Inf' }, value: total },
          { metricName: `${name}_sum`, labels: {}, value: sum },
          { metricName: `${name}_count`, labels: {}, value: total }
        ]
      })
    }
  }
  registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0])
}
