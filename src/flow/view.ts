/** A Buffer as a DataView: what reads and writes several bytes at a time. */
export function viewOf(buf: Buffer): DataView {
  return new DataView(buf.buffer, buf.byteOffset, buf.length)
}
