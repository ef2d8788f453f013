/** Watches a delivery: logs when it makes no progress, gives up in the end, and logs at any exit how many messages are lost. */
import { EXIT, UserError } from '../cli/exit.js'
import type { Log } from '../cli/log.js'
import { plural } from '../cli/plural.js'
import type { Destination } from './destination.js'
import type { Outbox } from './outbox.js'

const LOOK_MS = 250
/** A destination that says nothing for so long is worth a line. */
const SILENCE_MS = 10_000

export interface Watched {
  outbox: Pick<Outbox, 'inFlight' | 'fail'>
  /** flows, datagrams or lines that were read and are not delivered */
  undelivered: () => number
  destination: Destination
  /** what the destination is called in the log */
  peer: string
  /** how long the destination may accept nothing before the rest is given up, as of now */
  patienceMs: () => number
  /** Called when the outbox has given up: nothing more is to be read. */
  onGivenUp: () => void
  log: Log
}

/** Returns the function that starts the time anew. */
export function watchDelivery({ outbox, undelivered, destination, peer, patienceMs, onGivenUp, log }: Watched): () => void {
  let delivered = 0
  let since = Date.now()
  let isSilent = false
  let isGivenUp = false
  const lost = (): string => `${plural(undelivered(), 'message')} ${undelivered() === 1 ? 'was' : 'were'} read and not delivered`

  function look(): void {
    const waited = Date.now() - since
    if (outbox.inFlight === 0 || destination.delivered !== delivered) {
      if (isSilent) log.info(`delivering again after ${(waited / 1000).toFixed(1)} s`)
      isSilent = false
      since = Date.now()
      delivered = destination.delivered
    } else if (waited > patienceMs() && !isGivenUp) {
      isGivenUp = true
      outbox.fail(
        new UserError(
          EXIT.unavailable,
          `gave up after ${patienceMs() / 1000} s (${destination.trouble ?? `${peer} does not answer`}): ${lost()}`
        )
      )
      onGivenUp()
    } else if (waited > SILENCE_MS && !isSilent && destination.trouble === undefined) {
      isSilent = true
      log.warn(`${peer} does not answer; waiting for it`)
    }
  }

  setInterval(look, LOOK_MS).unref()
  process.once('exit', () => {
    if (undelivered() > 0 && !isGivenUp) log.error(lost())
  })
  return () => {
    since = Date.now()
  }
}
