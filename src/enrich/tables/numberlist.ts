/** A list of unsigned 32-bit numbers that grows. */
export interface NumberList {
  readonly length: number
  /** what is in it, and room behind; void once more is pushed */
  readonly numbers: Uint32Array
  readonly push: (number: number) => void
}

/** An empty list. */
export function numberList(): NumberList {
  let numbers = new Uint32Array(1024)
  let length = 0
  return {
    get length() {
      return length
    },
    get numbers() {
      return numbers
    },
    push(number) {
      if (length === numbers.length) {
        const larger = new Uint32Array(2 * length)
        larger.set(numbers)
        numbers = larger
      }
      numbers[length++] = number
    }
  }
}
