/** What faces the network or a file, a row each: what to begin with and how to change it, in the files beside this one. */
import { captures, database, ipfixFile, mappingFile, savedTemplates, tables } from './files.js'
import { expressions, flowMessages } from './flows.js'
import { connected, datagrams, datagramStream, rawOutput, report } from './network.js'
import type { Trial } from './seeds.js'
import { storedFiles } from './store.js'

export interface Target {
  readonly name: string
  /** Reads what the trials begin with. */
  readonly open: () => Promise<Trial>
}

export const TARGETS: readonly Target[] = [
  { name: 'datagrams', open: datagrams },
  { name: 'raw output', open: rawOutput },
  { name: 'report', open: report },
  { name: 'IPFIX over TCP', open: connected },
  { name: 'stream of datagrams', open: datagramStream },
  { name: 'captures', open: captures },
  { name: 'IPFIX files', open: ipfixFile },
  { name: 'flow messages', open: flowMessages },
  { name: 'filter expressions', open: expressions },
  { name: 'tables of networks, exporters, interfaces', open: tables },
  { name: 'mapping file', open: mappingFile },
  { name: 'template file', open: savedTemplates },
  { name: 'database', open: database },
  { name: 'files of a store', open: storedFiles }
]
