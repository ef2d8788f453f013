/** Where a topic ended at some moment, to know when all of it is read. */
import type { Client } from './client.js'

export interface Progress {
  /** To be called when the messages of a partition under `offset` are done with. */
  reached(partition: number, offset: number): void
  /** Whether these partitions are done with. */
  isComplete(partitions: readonly number[]): boolean
}

/** Asks where the partitions end, and from where a group (or whoever has none, `from` there) goes on reading them. */
export async function progressTo(
  { kafka }: Client,
  topic: string,
  group: string | undefined,
  from: 'earliest' | 'latest'
): Promise<Progress> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const offsets = await admin.fetchTopicOffsets(topic)
    const committed = group === undefined ? [] : (await admin.fetchOffsets({ groupId: group, topics: [topic] }))[0].partitions
    const missing = new Map(
      offsets.map(({ partition, low, high }) => {
        const begin = Number(committed.find((known) => known.partition === partition)?.offset ?? -1)
        return [partition, { next: begin >= 0 ? begin : Number(from === 'earliest' ? low : high), end: Number(high) }]
      })
    )
    return {
      reached(partition, offset) {
        const part = missing.get(partition)
        if (part !== undefined) part.next = Math.max(part.next, offset)
      },
      isComplete: (partitions) =>
        partitions.every((partition) => {
          const part = missing.get(partition)
          return part === undefined || part.next >= part.end
        })
    }
  } finally {
    await admin.disconnect()
  }
}
