/** Names of ports, from data/services.txt: IANA "Service Name and Transport Protocol Port Number Registry". It is read once a name is asked for. */
import { readFileSync } from 'node:fs'
import { projectFile } from '../flow/files.js'
import { lazy } from '../flow/lazy.js'
import type { Range } from './rangesets.js'

const FILE = projectFile('data/services.txt')

const services = lazy((): ReadonlyMap<string, string> => {
  const lines = readFileSync(FILE, 'latin1').trimEnd().split('\n').slice(1)
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]))
})

/** The ports of a service; a few have several. Undefined where there is no such service. */
export function portsOf(service: string): readonly Range[] | undefined {
  return services()
    .get(service.toLowerCase())
    ?.split(' ')
    .map((range) => {
      const [from, to = from] = range.split('-')
      return [BigInt(from), BigInt(to)]
    })
}

/** The names of all services that have a port. */
export function serviceNames(): Iterable<string> {
  return services().keys()
}
