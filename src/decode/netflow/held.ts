/**
 * Data sets whose template has not come yet. They are held, bounded in bytes and time for each exporter and in bytes for all, and
 * decoded when it comes; what the bounds push out was in vain.
 */

/** A data set as it came, with what is needed to decode it later. */
export interface HeldSet {
  readonly templateId: number
  readonly domainKey: number
  /** the records, without the set's header */
  readonly body: Buffer
  /** the datagram's header, from its version on */
  readonly header: Buffer
  readonly receivedHi: number
  readonly receivedLo: number
  /** milliseconds of the clock by which the holding time is measured */
  readonly heldAt: number
}

export interface HeldLimits {
  /** bytes for one exporter, and for all together */
  readonly exporterBytes: number
  readonly totalBytes: number
  readonly ms: number
}

/** A set is charged for its bookkeeping too. */
const OVERHEAD_BYTES = 256

export interface HeldSets {
  readonly bytes: number
  hold(exporter: object, set: HeldSet): void
  /** Takes out the sets that wait for that template, oldest first. */
  take(exporter: object, domainKey: number, templateId: number): HeldSet[]
  /** Drops what has been held too long. */
  expire(now: number): void
  /** Drops all of one exporter, or of every one. */
  drop(exporter?: object): void
}

/** `onDrop` hears of every set that is given up. */
export function heldSets(limits: HeldLimits, onDrop: (exporter: object, set: HeldSet) => void): HeldSets {
  // exporters in the order in which their oldest set was held
  const queues = new Map<object, { sets: HeldSet[]; bytes: number }>()
  let total = 0

  const cost = (set: HeldSet): number => set.body.length + OVERHEAD_BYTES

  function dropOldest(exporter: object, queue: { sets: HeldSet[]; bytes: number }): void {
    const set = queue.sets.shift()!
    queue.bytes -= cost(set)
    total -= cost(set)
    if (queue.sets.length === 0) queues.delete(exporter)
    onDrop(exporter, set)
  }

  function drop(exporter: object): void {
    for (;;) {
      const queue = queues.get(exporter)
      if (queue === undefined) return
      dropOldest(exporter, queue)
    }
  }

  return {
    get bytes() {
      return total
    },
    hold(exporter, set) {
      if (cost(set) > limits.exporterBytes || cost(set) > limits.totalBytes) {
        onDrop(exporter, set)
        return
      }
      let queue = queues.get(exporter)
      if (queue === undefined) queues.set(exporter, (queue = { sets: [], bytes: 0 }))
      queue.sets.push(set)
      queue.bytes += cost(set)
      total += cost(set)
      while (queue.bytes > limits.exporterBytes) dropOldest(exporter, queue)
      while (total > limits.totalBytes) {
        const [[oldest, its]] = queues
        dropOldest(oldest, its)
      }
    },
    take(exporter, domainKey, templateId) {
      const queue = queues.get(exporter)
      if (queue === undefined) return []
      const taken = queue.sets.filter((set) => set.templateId === templateId && set.domainKey === domainKey)
      if (taken.length === 0) return taken
      const out = new Set(taken)
      queue.sets = queue.sets.filter((set) => !out.has(set))
      for (const set of taken) {
        queue.bytes -= cost(set)
        total -= cost(set)
      }
      if (queue.sets.length === 0) queues.delete(exporter)
      return taken
    },
    expire(now) {
      for (const [exporter, queue] of queues) {
        while (queue.sets.length > 0 && queue.sets[0].heldAt + limits.ms < now) dropOldest(exporter, queue)
      }
    },
    drop(exporter) {
      if (exporter !== undefined) drop(exporter)
      else for (const each of [...queues.keys()]) drop(each)
    }
  }
}
