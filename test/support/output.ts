/** An output whose bytes stay in memory. */
import { Writable } from 'node:stream'
import { openOutput, type Output } from '../../src/flow/output.js'

export interface KeptOutput {
  readonly output: Output
  /** What was written since it was asked for last. */
  readonly taken: () => Promise<Buffer>
}

export function keptOutput(): KeptOutput {
  let chunks: Buffer[] = []
  const output = openOutput(
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        chunks.push(Buffer.from(chunk))
        done()
      }
    }),
    (error) => error
  )
  return {
    output,
    async taken() {
      await output.end()
      const written = Buffer.concat(chunks)
      chunks = []
      return written
    }
  }
}
