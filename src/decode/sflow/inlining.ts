/**
 * How much V8 builds into one function. It counts what it builds of other functions into their caller in bytes of its byte code, up to 920, which are
 * three fields or four of a sample; the others it leaves as calls. With half as much again samples take a tenth less time; with more yet, V8 takes longer
 * to build them. NetFlow has no use for it, because its plans are generated: so V8 is told once there is sFlow.
 */
import v8 from 'node:v8'

const MOST_INLINED = '--max-inlined-bytecode-size-cumulative=1500'
/** The last Node that is known to have it: V8 complains on stderr of what it does not know. */
const LAST_NODE = 26

let isSaid = false

/** To be called before samples are decoded: what V8 optimized until then stays as it is. */
export function inlineMore(): void {
  if (isSaid) return
  isSaid = true
  if (Number.parseInt(process.versions.node) <= LAST_NODE) v8.setFlagsFromString(MOST_INLINED)
}
