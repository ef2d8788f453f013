/** Products of 64-bit counters, as two unsigned 32-bit halves each; what does not fit stops at 2^64 − 1. */

const TWO_16 = 65_536
const TWO_32 = 4_294_967_296
const MAX = 0xffffffff

/** Of the last `multiply`: the product is productHi · 2^32 + productLo. */
export let productHi = 0
export let productLo = 0

/** Multiplies aHi · 2^32 + aLo by bHi · 2^32 + bLo; the product is in `productHi` and `productLo`. False where it stopped at 2^64 − 1. */
export function multiply(aHi: number, aLo: number, bHi: number, bLo: number): boolean {
  if (aHi !== 0 && bHi !== 0) return saturate()
  const wideHi = aHi !== 0 ? aHi : bHi
  const wideLo = aHi !== 0 ? aLo : bLo
  const narrow = aHi !== 0 ? bLo : aLo
  multiply32(wideLo, narrow)
  if (wideHi === 0) return true
  const lo = productLo
  const carried = productHi
  multiply32(wideHi, narrow)
  const hi = productLo + carried
  if (productHi !== 0 || hi > MAX) return saturate()
  productHi = hi
  productLo = lo
  return true
}

function saturate(): false {
  productHi = productLo = MAX
  return false
}

/** Two numbers under 2^32, by the 16-bit halves of the second: every part stays exact under 2^53. */
function multiply32(a: number, b: number): void {
  const upper = a * (b >>> 16)
  const sum = a * (b & 0xffff) + (upper % TWO_16) * TWO_16
  productLo = sum >>> 0
  productHi = Math.floor(sum / TWO_32) + Math.floor(upper / TWO_16)
}
