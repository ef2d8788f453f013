/** Memory that frames and text are appended to. */
export interface Appendable {
  /** where the next byte goes: append at `pos`, after `reserve` */
  buf: Buffer
  pos: number
  /** Makes room for `size` bytes behind `pos`; `buf` and `pos` may change. */
  reserve(size: number): void
}

/** Memory of `bytes` bytes that grows, for what is read before it goes elsewhere: set `pos` to 0 to begin anew. */
export function growingMemory(bytes: number): Appendable {
  const memory: Appendable = {
    buf: Buffer.allocUnsafeSlow(bytes),
    pos: 0,
    reserve(size) {
      const { buf, pos } = memory
      if (buf.length - pos >= size) return
      memory.buf = Buffer.allocUnsafeSlow(2 * (pos + size))
      buf.copy(memory.buf, 0, 0, pos)
    }
  }
  return memory
}

/** Appends text, as UTF-8. */
export function appendText(output: Appendable, text: string): void {
  output.reserve(Buffer.byteLength(text))
  output.pos += output.buf.write(text, output.pos)
}
