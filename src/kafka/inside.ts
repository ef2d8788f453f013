/** What is changed inside kafkajs. package.json pins its minor version, and a start without the places that are changed ends with a line that says so. */
import { EXIT, UserError } from '../cli/exit.js'

/** Throws UserError with code 70 where kafkajs is not the one that this was written for. */
export async function changeInside(): Promise<void> {
  const { default: RequestQueue } = await place('network/requestQueue', () => import('kafkajs/src/network/requestQueue/index.js'))
  calm(RequestQueue)
}

/** Loads a module of kafkajs. */
async function place<T>(name: string, load: () => Promise<T>): Promise<T> {
  return load().catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') refuse(name)
    throw error
  })
}

function refuse(name: string): never {
  throw new UserError(
    EXIT.software,
    `kafkajs is not the version that flow-kafka was made for, 2.2: its ${name} differs; npm ci brings that one`
  )
}

/**
 * kafkajs looks after its queue of requests every millisecond for as long as it is connected, with a timer set to a time that has passed:
 * 6 % of a core for nothing, and from Node 24 on a TimeoutNegativeWarning. Only requests that wait have to be looked after.
 */
function calm({ prototype }: typeof import('kafkajs/src/network/requestQueue/index.js')): void {
  const look = (prototype as Partial<typeof prototype>).scheduleCheckPendingRequests
  if (typeof look !== 'function') refuse('RequestQueue.scheduleCheckPendingRequests')
  prototype.scheduleCheckPendingRequests = function () {
    if (this.pending.length > 0) look.call(this)
  }
}
