/**
 * Data sets whose template has not come yet. They are held, bounded in bytes and time for each exporter and in bytes for all, and
 * decoded when it comes; what the bounds push out was in vain.
 */

/** A data set as it came, with what is needed to decode it later. */
export interface HeldSet {
  readonly templateId: number
  /** the source port that it came from */
  readonly port: number
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

/** A set is charged for its bookkeeping too: the memory it takes beside its bytes, as measured. */
const OVERHEAD_BYTES = 1024

export interface HeldSets {
  readonly bytes: number
  hold(exporter: object, set: HeldSet): void
  /** Takes out those of the sets that wait for that template, of whatever port, that `isDue` says have one now; oldest first. */
  take(exporter: object, domainKey: number, templateId: number, isDue: (set: HeldSet) => boolean): HeldSet[]
  /** Drops what has been held too long, and tells of what has waited long. */
  expire(now: number): void
  /** Drops all of one exporter, or of every one. */
  drop(exporter?: object): void
}

/** After so many milliseconds of waiting for a template someone should hear of it. */
const LONG_MS = 10_000

/** `onDrop` hears of every set that is given up, `onLongWait` once of each template that does not come, with the set that came first. */
export function heldSets(
  limits: HeldLimits,
  onDrop: (exporter: object, set: HeldSet) => void,
  onLongWait: (exporter: object, set: HeldSet) => void = () => undefined
): HeldSets {
  const exporters = new Map<object, Waiting>()
  const all = newQueue()
  let total = 0

  const cost = (set: HeldSet): number => set.body.length + OVERHEAD_BYTES

  function release(entry: Entry): void {
    const { exporter, set, key } = entry
    const own = exporters.get(exporter)!
    const same = own.byTemplate.get(key)!
    entry.isGone = true
    for (const queue of [all, own.queue, same]) queue.left()
    own.bytes -= cost(set)
    total -= cost(set)
    if (same.size === 0) {
      own.byTemplate.delete(key)
      own.told.delete(key)
    }
    if (own.queue.size === 0) exporters.delete(exporter)
  }

  function drop(entry: Entry): void {
    release(entry)
    onDrop(entry.exporter, entry.set)
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
      let own = exporters.get(exporter)
      if (own === undefined) exporters.set(exporter, (own = { queue: newQueue(), bytes: 0, byTemplate: new Map(), told: new Set() }))
      const key = keyOf(set.domainKey, set.templateId)
      let same = own.byTemplate.get(key)
      if (same === undefined) own.byTemplate.set(key, (same = newQueue()))
      const entry: Entry = { exporter, set, key, isGone: false }
      for (const queue of [all, own.queue, same]) queue.push(entry)
      own.bytes += cost(set)
      total += cost(set)
      while (own.bytes > limits.exporterBytes) drop(own.queue.first()!)
      while (total > limits.totalBytes) drop(all.first()!)
    },
    take(exporter, domainKey, templateId, isDue) {
      const same = exporters.get(exporter)?.byTemplate.get(keyOf(domainKey, templateId))
      const due = same?.all().filter(({ set }) => isDue(set)) ?? []
      for (const entry of due) release(entry)
      return due.map(({ set }) => set)
    },
    expire(now) {
      for (let entry = all.first(); entry !== undefined && entry.set.heldAt + limits.ms < now; entry = all.first()) drop(entry)
      for (const [exporter, { byTemplate, told }] of exporters) {
        if (told.size === byTemplate.size) continue
        for (const [key, same] of byTemplate) {
          const { set } = same.first()!
          if (told.has(key) || set.heldAt + LONG_MS > now) continue
          told.add(key)
          onLongWait(exporter, set)
        }
      }
    },
    drop(exporter) {
      const queue = exporter === undefined ? all : exporters.get(exporter)?.queue
      for (let entry = queue?.first(); entry !== undefined; entry = queue?.first()) drop(entry)
    }
  }
}

/** No more than 2^53: a domain's key has 37 bits, a template's id 16. */
const keyOf = (domainKey: number, templateId: number): number => domainKey * 0x10000 + templateId

interface Entry {
  readonly exporter: object
  readonly set: HeldSet
  readonly key: number
  isGone: boolean
}

/** What of one exporter waits: all of it in its order, and the same by template. */
interface Waiting {
  readonly queue: Queue
  readonly byTemplate: Map<number, Queue>
  /** the keys of those in `byTemplate` that someone heard of */
  readonly told: Set<number>
  bytes: number
}

/** Entries in the order they came; they may leave from the middle. */
interface Queue {
  readonly size: number
  push(entry: Entry): void
  /** The oldest that is not gone. */
  first(): Entry | undefined
  /** Those that are not gone. */
  all(): Entry[]
  /** To be called when one of the entries is gone. */
  left(): void
}

/** Short enough to be walked. */
const FEW_ENTRIES = 16

function newQueue(): Queue {
  let entries: Entry[] = []
  let head = 0
  let size = 0
  return {
    get size() {
      return size
    },
    push(entry) {
      entries.push(entry)
      size++
    },
    first() {
      while (head < entries.length && entries[head].isGone) head++
      return entries.at(head)
    },
    all: () => entries.filter(({ isGone }) => !isGone),
    left() {
      size--
      if (entries.length < 2 * size + FEW_ENTRIES) return
      entries = entries.filter(({ isGone }) => !isGone)
      head = 0
    }
  }
}
