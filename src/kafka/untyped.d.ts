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
