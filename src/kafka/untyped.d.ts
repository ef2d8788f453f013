/** Modules that bring no types. */
declare module 'kafkajs-snappy' {
  function snappyCodec(): {
    compress(encoder: { buffer: Buffer }): Promise<Buffer>
    decompress(bytes: Buffer): Promise<Buffer>
  }
  export = snappyCodec
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  class RequestQueue {
    pending: unknown[]
    scheduleCheckPendingRequests: (this: RequestQueue) => void
  }
  export = RequestQueue
}

declare module 'kafkajs/src/protocol/requests/produce/index.js' {
  type ProduceArguments = import('./producerequest.js').ProduceArguments
  type Payload = import('./producerequest.js').Payload
  const produce: {
    protocol: (of: { version: number }) => (args: ProduceArguments) => {
      request: { apiVersion: number; encode: () => Promise<Payload> }
      response: unknown
    }
  }
  export = produce
}

declare module 'kafkajs/src/producer/groupMessagesPerPartition.js' {
  function groupMessagesPerPartition(of: {
    topic: string
    partitionMetadata: unknown[]
    messages: import('./producerequest.js').MessageList
    partitioner: (of: { message: { partition: number } }) => number
  }): Record<number, unknown>
  export = groupMessagesPerPartition
}
