/** What is to be appended to messages: encoded fields, one after another in one place. */

export interface AnswerStore {
  readonly bytes: () => Buffer
  /** Appends an answer of up to ANSWER_BYTES, which `write` puts at a position, returning its end; returns where it begins: never at 0. */
  readonly add: (write: (bytes: Buffer, pos: number) => number) => number
  /** where the last answer ends */
  readonly end: () => number
  readonly clear: () => void
}

/** More than the names of an address take as source and as destination: nine of up to 255 bytes, with tags and lengths, twice. */
const ANSWER_BYTES = 8 * 1024
const FIRST_BYTES = 64 * 1024

/** An empty store. */
export function answerStore(): AnswerStore {
  let bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  let used = 1
  return {
    bytes: () => bytes,
    add(write) {
      if (bytes.length - used < ANSWER_BYTES) {
        const larger = Buffer.allocUnsafeSlow(2 * bytes.length)
        bytes.copy(larger, 0, 0, used)
        bytes = larger
      }
      const start = used
      used = write(bytes, start)
      return start
    },
    end: () => used,
    clear() {
      used = 1
    }
  }
}
