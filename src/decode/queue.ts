/** A linked list of items in the order in which they came or were last used. Leaving it, or going to its end, takes constant time. */

export interface Queue<T> {
  first: QueueNode<T> | undefined
  last: QueueNode<T> | undefined
  size: number
}

/** An item in a queue. */
export interface QueueNode<T> {
  readonly item: T
  /** undefined once it has left */
  queue: Queue<T> | undefined
  before: QueueNode<T> | undefined
  behind: QueueNode<T> | undefined
}

/** An empty queue. */
export function newQueue<T>(): Queue<T> {
  return { first: undefined, last: undefined, size: 0 }
}

/** Puts an item at the end. */
export function join<T>(queue: Queue<T>, item: T): QueueNode<T> {
  const node: QueueNode<T> = { item, queue: undefined, before: undefined, behind: undefined }
  append(queue, node)
  return node
}

function append<T>(queue: Queue<T>, node: QueueNode<T>): void {
  const { last } = queue
  node.queue = queue
  node.before = last
  if (last === undefined) queue.first = node
  else last.behind = node
  queue.last = node
  queue.size++
}

/** Takes an item out; whether it was in. */
export function leave<T>(node: QueueNode<T>): boolean {
  const { queue, before, behind } = node
  if (queue === undefined) return false
  if (before === undefined) queue.first = behind
  else before.behind = behind
  if (behind === undefined) queue.last = before
  else behind.before = before
  queue.size--
  node.queue = node.before = node.behind = undefined
  return true
}

/** Moves an item that is in to the end. */
export function rejoin<T>(node: QueueNode<T>): void {
  const { queue, behind } = node
  if (queue === undefined || behind === undefined) return
  leave(node)
  append(queue, node)
}

/** All of them in their order; the current one may leave meanwhile. */
export function* inOrder<T>({ first }: Queue<T>): Iterable<QueueNode<T>> {
  for (let node = first; node !== undefined;) {
    const { behind } = node
    yield node
    node = behind
  }
}
