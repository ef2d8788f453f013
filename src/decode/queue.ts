/** Things in the order in which they came or were used last. Each may leave from the middle, or go to the end, at once. */

export interface Queue<T> {
  first: Place<T> | undefined
  last: Place<T> | undefined
  size: number
}

/** Where a thing stands in a queue. */
export interface Place<T> {
  readonly of: T
  /** undefined once it left */
  queue: Queue<T> | undefined
  before: Place<T> | undefined
  behind: Place<T> | undefined
}

export function newQueue<T>(): Queue<T> {
  return { first: undefined, last: undefined, size: 0 }
}

/** Puts a thing at the end. */
export function join<T>(queue: Queue<T>, of: T): Place<T> {
  const place: Place<T> = { of, queue: undefined, before: undefined, behind: undefined }
  append(queue, place)
  return place
}

function append<T>(queue: Queue<T>, place: Place<T>): void {
  const { last } = queue
  place.queue = queue
  place.before = last
  if (last === undefined) queue.first = place
  else last.behind = place
  queue.last = place
  queue.size++
}

/** Takes a thing out; whether it was in. */
export function leave<T>(place: Place<T>): boolean {
  const { queue, before, behind } = place
  if (queue === undefined) return false
  if (before === undefined) queue.first = behind
  else before.behind = behind
  if (behind === undefined) queue.last = before
  else behind.before = before
  queue.size--
  place.queue = place.before = place.behind = undefined
  return true
}

/** Puts a thing that is in at the end. */
export function rejoin<T>(place: Place<T>): void {
  const { queue, behind } = place
  if (queue === undefined || behind === undefined) return
  leave(place)
  append(queue, place)
}

/** All of them in their order; the one at hand may leave meanwhile. */
export function* inOrder<T>({ first }: Queue<T>): Iterable<Place<T>> {
  for (let place = first; place !== undefined;) {
    const { behind } = place
    yield place
    place = behind
  }
}
