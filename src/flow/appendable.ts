/** Memory that frames and text are appended to. */
export interface Appendable {
  /** where the next byte goes: append at `pos`, after `reserve` */
  buf: Buffer
  pos: number
  /** Makes room for `size` bytes behind `pos`; `buf` and `pos` may change. */
  reserve(size: number): void
}

/** Appends text, as UTF-8. */
export function appendText(output: Appendable, text: string): void {
  output.reserve(Buffer.byteLength(text))
  output.pos += output.buf.write(text, output.pos)
}
