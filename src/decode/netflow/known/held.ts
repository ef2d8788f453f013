/**
 * Data sets whose template has not come yet. They are held, bounded in bytes and time for each exporter and in bytes for all, and
 * decoded when it comes; what the bounds push out was in vain.
 */
import { inOrder, join, leave, newQueue, type Place, type Queue } from '../../queue.js'

/** A data set as it came, with what is needed to decode it later. */
export interface HeldSet {
  readonly templateId: number
  /** the source port that it came from */
  readonly port: number
  readonly domainKey: number
  /** the records, without the set's header; a letter a byte */
  readonly body: string
  /** the datagram's header, from its version on; a letter a byte */
  readonly header: string
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

/** What of one exporter waits: all of it in its order, and the same by template. */
interface Waiting {
  readonly exporter: object
  readonly sets: Queue<Entry>
  readonly byTemplate: Map<number, SameTemplate>
  bytes: number
}

/** What waits for one template. */
interface SameTemplate {
  readonly key: number
  readonly sets: Queue<Entry>
  /** when the first of them came */
  readonly since: number
  /** among those that nobody heard of yet */
  untold: Place<SameTemplate> | undefined
}

interface Entry {
  readonly set: HeldSet
  readonly of: Waiting
  readonly same: SameTemplate
  /** where it stands among all, those of its exporter, and those of its template */
  places: readonly Place<Entry>[]
}

/** `onDrop` hears of every set that is given up, `onLongWait` once of each template that does not come, with the set that came first. */
export function heldSets(
  limits: HeldLimits,
  onDrop: (exporter: object, set: HeldSet) => void,
  onLongWait: (exporter: object, set: HeldSet) => void = () => undefined
): HeldSets {
  const exporters = new Map<object, Waiting>()
  const all = newQueue<Entry>()
  const untold = newQueue<SameTemplate>() // the one that began to wait first at the front
  let total = 0

  const cost = (set: HeldSet): number => set.body.length + OVERHEAD_BYTES

  function waitingOf(exporter: object): Waiting {
    let waiting = exporters.get(exporter)
    if (waiting === undefined) exporters.set(exporter, (waiting = { exporter, sets: newQueue(), byTemplate: new Map(), bytes: 0 }))
    return waiting
  }

  function sameTemplate({ byTemplate }: Waiting, { domainKey, templateId, heldAt }: HeldSet): SameTemplate {
    const key = keyOf(domainKey, templateId)
    let same = byTemplate.get(key)
    if (same === undefined) {
      byTemplate.set(key, (same = { key, sets: newQueue(), since: heldAt, untold: undefined }))
      same.untold = join(untold, same)
    }
    return same
  }

  function release({ of, same, set, places }: Entry): void {
    for (const place of places) leave(place)
    of.bytes -= cost(set)
    total -= cost(set)
    if (same.sets.size === 0) {
      of.byTemplate.delete(same.key)
      if (same.untold !== undefined) leave(same.untold)
    }
    if (of.sets.size === 0) exporters.delete(of.exporter)
  }

  function drop(entry: Entry): void {
    release(entry)
    onDrop(entry.of.exporter, entry.set)
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
      const of = waitingOf(exporter)
      const same = sameTemplate(of, set)
      const entry: Entry = { set, of, same, places: [] }
      entry.places = [join(all, entry), join(of.sets, entry), join(same.sets, entry)]
      of.bytes += cost(set)
      total += cost(set)
      while (of.bytes > limits.exporterBytes) drop(of.sets.first!.of)
      while (total > limits.totalBytes) drop(all.first!.of)
    },
    take(exporter, domainKey, templateId, isDue) {
      const same = exporters.get(exporter)?.byTemplate.get(keyOf(domainKey, templateId))
      const due: HeldSet[] = []
      if (same === undefined) return due
      for (const { of: entry } of inOrder(same.sets)) {
        if (!isDue(entry.set)) continue
        due.push(entry.set)
        release(entry)
      }
      return due
    },
    expire(now) {
      while (all.first !== undefined && all.first.of.set.heldAt + limits.ms < now) drop(all.first.of)
      for (const { of: same } of inOrder(untold)) {
        if (same.since + LONG_MS > now) break
        leave(same.untold!)
        const { of, set } = same.sets.first!.of
        onLongWait(of.exporter, set)
      }
    },
    drop(exporter) {
      const sets = exporter === undefined ? all : exporters.get(exporter)?.sets
      while (sets?.first !== undefined) drop(sets.first.of)
    }
  }
}

/** No more than 2^53: a domain's key has 37 bits, a template's id 16. */
const keyOf = (domainKey: number, templateId: number): number => domainKey * 0x10000 + templateId
