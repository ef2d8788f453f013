/** What is sent, by what comes in: datagrams as they are, flows as IPFIX. The first message tells which. */
import { EXIT, UserError } from '../cli/exit.js'
import type { Log } from '../cli/log.js'
import type { FrameHandler } from '../flow/frames.js'
import type { Sink } from '../flow/output.js'
import { messageKind, type StreamKind } from '../flow/streamkind.js'
import type { UdpTargets } from './udptargets.js'
import { exportersOf } from './exporters.js'
import { connectionRoute } from './ipfix/connection.js'
import { fileRoute } from './ipfix/file.js'
import { leftOut } from './ipfix/leftout.js'
import { reexport, type ReexportOptions } from './ipfix/reexport.js'
import type { Route, RouteContext } from './ipfix/route.js'
import { udpRoute } from './ipfix/udproute.js'
import { relay } from './relay.js'
import type { TargetCounts } from './targetcounts.js'
import type { Target } from './targets.js'

export interface Counts {
  /** datagrams, or flows */
  readonly messages: number
  readonly malformed: number
  /** of exporters that no target takes */
  readonly unwanted: number
  readonly exporters: number
  /** exporters that were forgotten because they were silent */
  readonly closed: number
}

export interface Sending extends Sink {
  readonly onFrame: FrameHandler
  /** undefined until the first message */
  readonly kind: StreamKind | undefined
  readonly counts: Counts
  readonly targets: readonly { readonly name: string; readonly counts: TargetCounts }[]
  /** The end is near: no target that takes nothing is to hold it up for long. */
  hurry(): void
}

const NO_COUNTS: Counts = { messages: 0, malformed: 0, unwanted: 0, exporters: 0, closed: 0 }

/** A sending of one kind. */
type Started = Omit<Sending, 'targets'>

/** `udpTargets` are those of the targets that are sent to over UDP. Throws UserError where a target cannot be had. */
export function sendingTo(targets: readonly Target[], udpTargets: UdpTargets, options: ReexportOptions, log: Log): Sending {
  // only flows can go elsewhere
  const needsFlows = targets.some(({ transport }) => transport !== 'udp')
  let routes: readonly Route[] = []
  let isDatagrams: boolean | undefined
  let started: Started | undefined = needsFlows ? startFlows() : undefined

  function startFlows(): Started {
    const flows = reexport(options, (context) => targets.map((target) => routeTo(target, udpTargets, context, log)))
    const missing = leftOut(log)
    routes = flows.routes
    return {
      kind: 'FlowMessage',
      onFrame(buf, start, end, frameStart) {
        missing.look(buf, start, end)
        flows.onFrame(buf, start, end, frameStart)
      },
      get counts() {
        const { flows: messages, ...others } = flows.counts
        return { messages, ...others, closed: 0 }
      },
      commit() {
        flows.commit()
        missing.report(false)
      },
      get blocked() {
        return flows.blocked
      },
      ready: () => flows.ready(),
      hurry() {
        flows.hurry()
      },
      async end() {
        await flows.end()
        missing.report(true)
      }
    }
  }

  function startDatagrams(): Started {
    const exporters = exportersOf(udpTargets.all)
    const datagrams = relay(udpTargets.all, exporters)
    return {
      kind: 'Datagram',
      onFrame: datagrams.onFrame,
      get counts() {
        const { datagrams: messages, malformed, unwanted } = datagrams.counts
        return { messages, malformed, unwanted, ...exporters.counts }
      },
      commit: () => undefined,
      get blocked() {
        return datagrams.blocked
      },
      ready: () => datagrams.ready(),
      hurry: () => undefined,
      async end() {
        await datagrams.end()
        exporters.closeAll()
      }
    }
  }

  function isOfDatagrams(message: Buffer): boolean {
    if (messageKind(message) !== 'Datagram') return false
    if (needsFlows)
      throw new UserError(
        EXIT.badData,
        'stdin carries datagrams, which go over UDP alone: put flow-decode in front, and -to gets its flows as IPFIX'
      )
    return true
  }

  return {
    onFrame(buf, start, end, frameStart) {
      isDatagrams ??= isOfDatagrams(buf.subarray(start, end))
      started ??= isDatagrams ? startDatagrams() : startFlows()
      started.onFrame(buf, start, end, frameStart)
    },
    get kind() {
      return started?.kind
    },
    get counts() {
      return started?.counts ?? NO_COUNTS
    },
    get targets() {
      return routes.length > 0 ? routes : udpTargets.all
    },
    commit() {
      started?.commit()
    },
    get blocked() {
      return started?.blocked ?? false
    },
    async ready() {
      await started?.ready()
    },
    hurry() {
      started?.hurry()
    },
    async end() {
      await started?.end()
    }
  }
}

function routeTo(target: Target, udpTargets: UdpTargets, context: RouteContext, log: Log): Route {
  switch (target.transport) {
    case 'file':
      return fileRoute(target, context, log)
    case 'udp':
      return udpRoute(
        udpTargets.all.find(({ name }) => name === target.name)!,
        context
      )
    default:
      return connectionRoute(target, context, log)
  }
}
