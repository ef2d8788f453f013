/**
 * Data sets whose template has not come yet. They are held until it comes, and dropped where they exceed the bytes that one exporter or all may have,
 * or the time.
 */
import { inOrder, join, leave, newQueue, type Queue, type QueueNode } from '../../queue.js'

/** A data set as it came, with all that its decoding takes. */
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
  /** Takes out, oldest first, the sets of that template id, from whatever port, for which `isDue` is true. */
  release(exporter: object, domainKey: number, templateId: number, isDue: (set: HeldSet) => boolean): HeldSet[]
  /** Drops the sets that have been held too long, and reports the templates that have been missing for long. */
  expire(now: number): void
  /** Drops all of one exporter, or of every one. */
  drop(exporter?: object): void
}

/** A template that has been missing for so many milliseconds is reported. */
const LONG_MS = 10_000

/** The held sets of one exporter: all in their order, and by template. */
interface ExporterSets {
  readonly exporter: object
  readonly sets: Queue<Entry>
  readonly byTemplate: Map<number, TemplateSets>
  bytes: number
}

/** The held sets of one template. */
interface TemplateSets {
  readonly key: number
  readonly sets: Queue<Entry>
  /** when the first of them came */
  readonly since: number
  /** among those that `onLongWait` was not called for yet */
  unreported: QueueNode<TemplateSets> | undefined
}

interface Entry {
  readonly set: HeldSet
  readonly of: ExporterSets
  readonly same: TemplateSets
  /** its nodes in the queues of all, of its exporter and of its template */
  nodes: readonly QueueNode<Entry>[]
}

/** `onDrop` is called with every set that is dropped, `onLongWait` once for each template that does not come, with the first set that waits for it. */
export function heldSets(
  limits: HeldLimits,
  onDrop: (exporter: object, set: HeldSet) => void,
  onLongWait: (exporter: object, set: HeldSet) => void = () => undefined
): HeldSets {
  const exporters = new Map<object, ExporterSets>()
  const all = newQueue<Entry>()
  const unreported = newQueue<TemplateSets>() // the one that began to wait first at the front
  let total = 0

  const cost = (set: HeldSet): number => set.body.length + OVERHEAD_BYTES

  function setsOf(exporter: object): ExporterSets {
    let sets = exporters.get(exporter)
    if (sets === undefined) exporters.set(exporter, (sets = { exporter, sets: newQueue(), byTemplate: new Map(), bytes: 0 }))
    return sets
  }

  function sameTemplate({ byTemplate }: ExporterSets, { domainKey, templateId, heldAt }: HeldSet): TemplateSets {
    const key = keyOf(domainKey, templateId)
    let same = byTemplate.get(key)
    if (same === undefined) {
      byTemplate.set(key, (same = { key, sets: newQueue(), since: heldAt, unreported: undefined }))
      same.unreported = join(unreported, same)
    }
    return same
  }

  function remove({ of, same, set, nodes }: Entry): void {
    for (const node of nodes) leave(node)
    of.bytes -= cost(set)
    total -= cost(set)
    if (same.sets.size === 0) {
      of.byTemplate.delete(same.key)
      if (same.unreported !== undefined) leave(same.unreported)
    }
    if (of.sets.size === 0) exporters.delete(of.exporter)
  }

  function drop(entry: Entry): void {
    remove(entry)
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
      const of = setsOf(exporter)
      const same = sameTemplate(of, set)
      const entry: Entry = { set, of, same, nodes: [] }
      entry.nodes = [join(all, entry), join(of.sets, entry), join(same.sets, entry)]
      of.bytes += cost(set)
      total += cost(set)
      while (of.bytes > limits.exporterBytes) drop(of.sets.first!.item)
      while (total > limits.totalBytes) drop(all.first!.item)
    },
    release(exporter, domainKey, templateId, isDue) {
      const same = exporters.get(exporter)?.byTemplate.get(keyOf(domainKey, templateId))
      const due: HeldSet[] = []
      if (same === undefined) return due
      for (const { item: entry } of inOrder(same.sets)) {
        if (!isDue(entry.set)) continue
        due.push(entry.set)
        remove(entry)
      }
      return due
    },
    expire(now) {
      while (all.first !== undefined && all.first.item.set.heldAt + limits.ms < now) drop(all.first.item)
      for (const { item: same } of inOrder(unreported)) {
        if (same.since + LONG_MS > now) break
        leave(same.unreported!)
        const { of, set } = same.sets.first!.item
        onLongWait(of.exporter, set)
      }
    },
    drop(exporter) {
      const sets = exporter === undefined ? all : exporters.get(exporter)?.sets
      while (sets?.first !== undefined) drop(sets.first.item)
    }
  }
}

/** No more than 2^53: a domain's key has 37 bits, a template's id 16. */
const keyOf = (domainKey: number, templateId: number): number => domainKey * 0x10000 + templateId
