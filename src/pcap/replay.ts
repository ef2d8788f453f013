/** Writes the datagrams of captures, IPFIX files and raw payloads, at the pace that was asked for. */
import type { Log } from '../cli/log.js'
import type { Limit } from '../cli/source.js'
import { type BlockReader, BrokenStreamError } from '../flow/blocks.js'
import { copyDatagram, newDatagram, writeDatagram } from '../flow/datagram.js'
import type { Output } from '../flow/output.js'
import { captureReader } from './capture.js'
import type { Counts } from './counts.js'
import { dissector } from './dissect.js'
import { ipfixReader } from './ipfix.js'
import { pace } from './pace.js'
import type { Source } from './sources.js'
import { setNow, type Time } from './time.js'
import { refuseCapture, refuseIpfix } from './wronginput.js'

/** The longest payload of UDP: its length field has 16 bits. */
const MAX_PAYLOAD_BYTES = 65_535
const NO_ADDRESS = Buffer.alloc(0)

/** The exporter of an IPFIX file or a raw payload. */
export interface Exporter {
  address: Buffer
  port: number
}

export interface ReplayOptions {
  kind: 'capture' | 'ipfix' | 'raw'
  exporter: Exporter
  /** of captures, only UDP to these ports, whatever it looks like */
  ports: ReadonlySet<number> | undefined
  /** how much faster than the capture, 0: as fast as the reader reads */
  speed: number
}

export interface Replay {
  /**
   * Writes the datagrams of a source until it ends, or until `stop`. Throws WrongInputError and BrokenStreamError, what came before being
   * written, and what reading the source and `output.ready` throw.
   */
  play(source: Source): Promise<void>
  /** Ends what plays, and what is to come: a file at once, a pipe once what is in flight has come. */
  stop(): void
  /** Ends what plays, and what is to come, at once. */
  cancel(): void
  /** Says that no source is to come. */
  end(): void
  readonly stopped: boolean
}

/** Plays sources into `output`, and counts; each link type that is not read is logged once. */
export function replay({ kind, exporter, ports, speed }: ReplayOptions, limit: Limit, output: Output, counts: Counts, log: Log): Replay {
  const clock = pace(speed)
  const datagram = newDatagram()
  const packets = dissector(datagram, ports, counts)
  const unknownLinkTypes = new Set<number>()
  let playing: Source | undefined
  let stopped = false
  let cancelled = false

  function onPacket(linkType: number, buf: Buffer, start: number, end: number, time: Time): boolean {
    if (limit.isReached) return true
    if (!clock.isDue(time)) return false
    counts.packets++
    const verdict = packets.dissect(linkType, buf, start, end, time)
    if (verdict === 'datagram') {
      copyDatagram(output, datagram)
      count()
    } else if (verdict !== 'fragment') counts.skipped[verdict]++
    if (verdict === 'link-type') warnOfLinkType(linkType)
    return true
  }

  function warnOfLinkType(linkType: number): void {
    if (unknownLinkTypes.has(linkType)) return
    unknownLinkTypes.add(linkType)
    log.warn(`${playing?.name ?? ''}: packets of link type ${linkType} are skipped`)
  }

  function onMalformed(): void {
    counts.packets++
    counts.skipped.malformed++
  }

  function onMessage(buf: Buffer, start: number, end: number, time: Time): boolean {
    if (limit.isReached) return true
    if (!clock.isDue(time)) return false
    writePayload(buf.subarray(start, end), time)
    return true
  }

  function writePayload(payload: Buffer, time: Time): void {
    writeDatagram(output, payload, exporter.address, exporter.port, NO_ADDRESS, 0, time.hi, time.lo)
    count()
  }

  /** Counts a datagram that went out; nothing is read behind the last one. */
  function count(): void {
    counts.datagrams++
    limit.admit(1)
    if (limit.isReached) cancel()
  }

  async function playBlocks(source: Source, reader: BlockReader): Promise<void> {
    clock.restart()
    for await (const chunk of source.chunks()) {
      for (let all = reader.push(chunk); !all; all = reader.resume()) {
        output.flush()
        await clock.wait()
        if (cancelled) return
      }
      output.commit()
      if (output.blocked) await output.ready()
    }
    // of what a signal ended, the end may be missing
    if (!stopped) reader.end()
  }

  async function playRaw(source: Source): Promise<void> {
    let payload = Buffer.alloc(0)
    for await (const chunk of source.chunks()) {
      payload = Buffer.concat([payload, chunk])
      refuseCapture(payload)
      if (payload.length <= MAX_PAYLOAD_BYTES) continue
      refuseIpfix(payload)
      throw new BrokenStreamError('more than a datagram can carry: it would end', MAX_PAYLOAD_BYTES)
    }
    if (cancelled) return
    const time = { hi: 0, lo: 0 }
    setNow(time)
    writePayload(payload, time)
    output.commit()
    if (output.blocked) await output.ready()
  }

  function cancel(): void {
    stopped = cancelled = true
    playing?.stop()
    clock.stop()
  }

  return {
    async play(source) {
      playing = source
      switch (kind) {
        case 'capture':
          return playBlocks(source, captureReader(onPacket, onMalformed))
        case 'ipfix':
          return playBlocks(source, ipfixReader(onMessage))
        case 'raw':
          return playRaw(source)
      }
    },
    stop() {
      if (playing?.live !== true || speed > 0) return cancel()
      stopped = true
      playing.drain()
    },
    cancel,
    end() {
      packets.end()
    },
    get stopped() {
      return stopped
    }
  }
}
