/**
 * Makes services.txt, the names of ports: `node data/make-services.mjs FILE... > data/services.txt`. Each FILE is IANA's "Service Name and
 * Transport Protocol Port Number Registry" as CSV (service-names-port-numbers.csv), or a table of services(5), whose aliases are names too.
 */
import { readFileSync } from 'node:fs'

const CSV = /^([A-Za-z0-9._+-]+),(\d+)(?:-(\d+))?,(?:tcp|udp|sctp|dccp),/
const TABLE = /^([^\s#]+)\s+(\d+)(?:-(\d+))?\/(?:tcp|udp|sctp|dccp)\S*([^#]*)/

const ports = new Map()
for (const file of process.argv.slice(2)) {
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const [, name, from, to = from, aliases = ''] = CSV.exec(line) ?? TABLE.exec(line) ?? []
    if (name === undefined) continue
    for (const word of [name, ...aliases.split(/\s+/)]) {
      const key = word.toLowerCase()
      // what is no name to be told from a number or a range of numbers
      if (!/[a-z]/.test(key)) continue
      const known = ports.get(key) ?? new Set()
      for (let port = Number(from); port <= Number(to); port++) known.add(port)
      ports.set(key, known)
    }
  }
}

function ranges(numbers) {
  const all = []
  for (const port of [...numbers].sort((a, b) => a - b)) {
    const last = all.at(-1)
    if (last !== undefined && last[1] === port - 1) last[1] = port
    else all.push([port, port])
  }
  return all.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(' ')
}

process.stdout.write(
  '# Names of ports, by make-services.mjs: IANA "Service Name and Transport Protocol Port Number Registry", and aliases of services(5)\n'
)
for (const [name, numbers] of [...ports].sort(([a], [b]) => (a < b ? -1 : 1))) process.stdout.write(`${name} ${ranges(numbers)}\n`)
