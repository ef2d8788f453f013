/** Reads captures as flow-pcap does, in this process: a process for each of a hundred files would take most of a test's time. */
import fs from 'node:fs'
import path from 'node:path'
import type { DatagramSpec } from './datagram-stream.js'
import { replayed } from './replay.js'

/** `.ipfix`: messages one after another; `.bin`, `.dat`: one payload; all else is a capture. */
function kindOf(file: string): 'capture' | 'ipfix' | 'raw' {
  const extension = path.extname(file)
  return extension === '.ipfix' ? 'ipfix' : extension === '.bin' || extension === '.dat' ? 'raw' : 'capture'
}

/** The datagrams that the file holds. */
export async function readCapture(file: string): Promise<Required<DatagramSpec>[]> {
  const { datagrams, error } = await replayed(fs.readFileSync(file), { kind: kindOf(file) })
  if (error !== undefined) throw error
  const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')
  return datagrams.map(({ src, srcPort, dstPort, received, payload }) => ({
    src: bytes(src),
    srcPort,
    dstPort,
    received,
    payload: bytes(payload)
  }))
}
