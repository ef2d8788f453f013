/** What lives on the heap: its size behind a garbage collection. */
import v8 from 'node:v8'
import vm from 'node:vm'

v8.setFlagsFromString('--expose-gc')
const collect = vm.runInNewContext('gc') as () => void

/** Bytes of JavaScript objects that are still reachable. */
export function liveHeapBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}
