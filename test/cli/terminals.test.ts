/** What tools say on a terminal, where people mistype: their mistake, before that flows cannot be typed in. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import test from 'node:test'
import { runPipeline } from '../support/tools.js'

const withoutScript = spawnSync('script', ['--version']).error === undefined ? false : 'no script(1)'

/** What a terminal shows of a command. */
async function shown(command: string): Promise<string> {
  const { stdout } = await runPipeline(`script -qec "${command}" /dev/null </dev/null`)
  return stdout.toString().replaceAll('\r', '')
}

test('a mistake in an expression or a field is told before that stdin is a terminal', { skip: withoutScript }, async () => {
  for (const [command, told] of [
    ["flow-filter 'dst prt 53'", /prt/],
    ['flow-filter', /an expression is missing/],
    ['flow-agg -by nosuch', /nosuch/],
    ["flow-agg -having 'bytes >'", /-having/],
    ['flow-top -by nosuch', /nosuch/],
    ["flow-top 'dst prt 53'", /prt/]
  ] as const) {
    const text = await shown(command)
    assert.match(text, told)
    assert.doesNotMatch(text, /terminal/)
  }
})

test('a terminal is refused with the command as it was written', { skip: withoutScript }, async () => {
  assert.match(
    await shown("flow-filter 'dst port 53'"),
    /^flow-filter: stdin is a terminal .* try flow-listen \| flow-decode \| flow-filter \| flow-format\n/
  )
  assert.match(await shown('flow-pcap -w new.pcap'), /: try flow-listen \| flow-pcap -w new\.pcap, or flow-pcap -w new\.pcap FILE\n/)
})
