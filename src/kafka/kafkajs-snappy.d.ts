/** kafkajs-snappy brings no types. */
declare module 'kafkajs-snappy' {
  function snappyCodec(): {
    compress(encoder: { buffer: Buffer }): Promise<Buffer>
    decompress(bytes: Buffer): Promise<Buffer>
  }
  export = snappyCodec
}
