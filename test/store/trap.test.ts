/** A trap of WebAssembly that no promise hears of, in a process of its own: it would fail whatever test is running. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import test from 'node:test'
import { ROOT } from '../support/tools.js'

const TRAP = path.join(ROOT, 'dist/src/store/trap.js')

/** Runs `after` in a microtask, beside work that never ends, and prints what waiting for that throws. */
function whatIsThrown(after: string): { stdout: string; status: number | null } {
  const script = `
    import { orTrap } from '${TRAP}'
    // a function that is nothing but the instruction unreachable
    const module = Buffer.from('0061736d010000000104016000000302010007050101660000' + '0a05010300000b', 'hex')
    const { f } = new WebAssembly.Instance(new WebAssembly.Module(module)).exports
    queueMicrotask(() => { ${after} })
    await orTrap(new Promise(() => setTimeout(() => undefined, 60_000))).catch((error) => console.log(error.message))
    process.exit(process.listenerCount('uncaughtException'))`
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  return { stdout, status }
}

test('a trap beside the work is an error of the work', () => {
  assert.deepEqual(whatIsThrown('f()'), { stdout: 'it is broken\n', status: 0 })
})

test('another error that nobody catches still ends the process', () => {
  const { stdout, status } = whatIsThrown(`throw new TypeError('a mistake')`)
  assert.equal(stdout, '')
  assert.notEqual(status, 0)
})
