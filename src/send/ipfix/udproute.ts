/** Messages over UDP (RFC 7011 section 10.3). Nobody tells whether they arrive, so templates are told again and again. */
import type { Destination } from '../destinations.js'
import { MOST_WAITING_BYTES } from '../tally.js'
import { closeSockets, type Sockets, udpSender } from '../udp.js'
import type { Route, RouteContext } from './route.js'
import { sessionOf } from './session.js'

export function udpRoute(destination: Destination, { exporting, onProgress }: RouteContext): Route {
  const { name, allow, tally } = destination
  const sender = udpSender(onProgress)
  const sockets: Sockets = { ipv4: undefined, ipv6: undefined }
  let { address } = destination
  const session = sessionOf(exporting, ({ bytes, flows }) => {
    sender.send(sender.keep(bytes, 0, bytes.length), destination, sockets, flows)
  })

  return {
    name,
    allow,
    tally,
    send(message) {
      if (destination.address !== address) {
        // another machine, perhaps, and one that knows no template
        address = destination.address
        session.defineAgain()
      }
      session.send(message)
    },
    defineAgain() {
      session.defineAgain()
    },
    get blocked() {
      return tally.waitingBytes > MOST_WAITING_BYTES / 2
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
