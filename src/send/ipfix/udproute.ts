/** Messages over UDP (RFC 7011 section 10.3). Nobody says whether they arrive, so templates are sent again and again. */
import type { UdpTarget } from '../udptargets.js'
import { MOST_WAITING_BYTES } from '../targetcounts.js'
import { closeSockets, type Sockets, udpSender } from '../udp.js'
import type { Route, RouteContext } from './route.js'
import { sessionOf } from './session.js'

/** Every exporter shares the sockets of the route. */
export function udpRoute(target: UdpTarget, { exporting, onProgress }: RouteContext): Route {
  const { name, allow, counts } = target
  const sender = udpSender(onProgress)
  const sockets: Sockets = { ipv4: undefined, ipv6: undefined }
  let { address } = target
  const session = sessionOf(exporting, ({ bytes, flows }) => {
    sender.send(sender.keep(bytes, 0, bytes.length), target, sockets, flows)
  })

  return {
    name,
    allow,
    counts,
    send(message) {
      if (target.address !== address) {
        // another machine, perhaps, and one that knows no template
        address = target.address
        session.defineAgain()
      }
      session.send(message)
    },
    defineAgain() {
      session.defineAgain()
    },
    get blocked() {
      return counts.waitingBytes > MOST_WAITING_BYTES / 2
    },
    hurry() {
      // the system takes or refuses it
    },
    async end() {
      await sender.until(() => sender.waiting === 0)
      closeSockets(sockets)
    }
  }
}
