/** The targets of UDP as they can be sent to: their addresses, asked for again every minute, and what became of what was sent. */
import dns from 'node:dns/promises'
import net from 'node:net'
import type { Log } from '../cli/log.js'
import { reasonOf } from '../cli/exit.js'
import { newTargetCounts, type TargetCounts } from './targetcounts.js'
import type { HostTarget } from './targets.js'

export interface UdpTarget extends HostTarget {
  /** undefined while its name has none */
  address: string | undefined
  family: 4 | 6
  readonly counts: TargetCounts
}

export type Resolve = (host: string) => Promise<{ address: string; family: number }>

const RESOLVE_AGAIN_MS = 60_000

export interface UdpTargets {
  readonly all: readonly UdpTarget[]
  /** Asks for all addresses once. */
  resolve(): Promise<void>
  close(): void
}

/** Names are resolved by `resolve`, and every `againMs` milliseconds again. */
export function udpTargetsOf(
  targets: readonly HostTarget[],
  log: Log,
  resolve: Resolve = (host) => dns.lookup(host),
  againMs = RESOLVE_AGAIN_MS
): UdpTargets {
  const all = targets.map(udpTargetOf)
  const named = all.filter(({ host }) => net.isIP(host) === 0)
  let timer: NodeJS.Timeout | undefined

  async function resolveAll(): Promise<void> {
    await Promise.all(named.map(resolveOne))
    if (named.length === 0 || timer !== undefined) return
    timer = setInterval(() => void Promise.all(named.map(resolveOne)), againMs)
    timer.unref()
  }

  /** An answer that does not come leaves the address that there is. */
  async function resolveOne(target: UdpTarget): Promise<void> {
    const before = target.address
    try {
      const { address, family } = await resolve(target.host)
      target.address = address
      target.family = family === 6 ? 6 : 4
      if (before !== undefined && before !== address) log.info(`${target.name} is at ${address} now, no longer at ${before}`)
      else log.debug(`${target.name} is at ${address}`)
    } catch (error) {
      const what = before === undefined ? 'what goes to it is dropped until it resolves' : `going on with ${before}`
      log.warn(`cannot resolve ${target.host}: ${reasonOf(error)}; ${what}`)
    }
  }

  return {
    all,
    resolve: resolveAll,
    close() {
      clearInterval(timer)
    }
  }
}

function udpTargetOf(target: HostTarget): UdpTarget {
  const family = net.isIP(target.host)
  return {
    ...target,
    address: family === 0 ? undefined : target.host,
    family: family === 6 ? 6 : 4,
    counts: newTargetCounts()
  }
}
