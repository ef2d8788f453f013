/** Keys as people read them. */
import { renderingOf, writeBytes, writeNumber } from '../text/values.js'
import { viewOf } from '../flow/view.js'
import { type KeyPart, partSize, SHAPE, shapeOf } from './keys.js'

/** The texts of the parts of the key at `words[at]`, as flow-format shows the fields; a cut address with the length of what is left. */
export function keyTexts(parts: readonly KeyPart[], words: Int32Array, at: number): string[] {
  return parts.map((part) => {
    const text = partText(part, words, at)
    at += partSize(shapeOf(part), words, at)
    return text
  })
}

function partText(part: KeyPart, words: Int32Array, at: number): string {
  const { field, cut } = part
  const shape = shapeOf(part)
  const rendering = renderingOf(field)
  const number = (hi: number, lo: number): string => {
    const out = Buffer.alloc(rendering.most + 64)
    return out.toString('latin1', 0, writeNumber(viewOf(out), 0, rendering, hi, lo))
  }
  if (shape === SHAPE.number) return number(0, words[at] >>> 0)
  if (shape === SHAPE.wideNumber) return number(words[at] >>> 0, words[at + 1] >>> 0)
  const size = words[at]
  const bytes = Buffer.alloc(4 * ((size + 3) >> 2))
  for (let i = 0; i < bytes.length; i += 4) bytes.writeInt32BE(words[at + 1 + i / 4], i)
  if (field.type === 'string' && !field.repeated) return bytes.toString('utf8', 0, size)
  if (size === 0) return ''
  if (shape === SHAPE.list) return bytes.toString('hex', 0, size)
  const out = Buffer.alloc(rendering.most + 2 * size + 64)
  const text = out.toString('latin1', 0, writeBytes(viewOf(out), 0, rendering, bytes, 0, size))
  const length = size === 4 ? cut?.ipv4 : size === 16 ? cut?.ipv6 : undefined
  return length === undefined ? text : `${text}/${length}`
}
