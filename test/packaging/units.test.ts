/** The pipelines of packaging/systemd, started as the units start them: by a shell that has the sockets and folders of a service. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { activated, withoutSystemd } from '../support/activation.js'
import { freePort } from '../support/ports.js'
import { ROOT, runPipeline } from '../support/tools.js'

const UNITS = path.join(ROOT, 'packaging/systemd')
const DEMO = path.join(ROOT, 'test/fixtures/demo.pcap')

/** What the unit has its shell do. */
const [, SCRIPT] = /^ExecStart=\/bin\/bash -o pipefail -c "(.*)"$/m.exec(
  fs.readFileSync(path.join(UNITS, 'flow-pipeline@.service'), 'utf8')
)!

/** Whether the process group of that shell has all of these tools running, ready for signals. */
function areRunning(group: number, tools: readonly string[]): boolean {
  return tools.every((tool) => spawnSync('pgrep', ['-g', String(group), '-x', tool]).status === 0)
}

/** How the flows that a pipeline has kept are counted. */
const KEPT: Record<string, (state: string, logs: string) => string> = {
  json: (_state, logs) => `cat ${logs}/flows.json`,
  store: (state) => `flow-store -read -dir ${state}/flows | flow-format`
}

const linesOf = async (command: string): Promise<number> => Number((await runPipeline(`${command} | wc -l`)).stdout)

test('each pipeline is tried', () => {
  const files = fs.readdirSync(UNITS).filter((file) => file.endsWith('.conf'))
  assert.deepEqual(
    files.sort(),
    Object.keys(KEPT).map((name) => `${name}.conf`)
  )
})

test('each port of the socket unit is one that flow-listen is known for', () => {
  const ports = [...fs.readFileSync(path.join(UNITS, 'flow-pipeline@.socket'), 'utf8').matchAll(/^ListenDatagram=(\d+)$/gm)]
  assert.deepEqual(
    ports.map(([, port]) => port),
    ['2055', '4739', '6343']
  )
})

for (const [name, kept] of Object.entries(KEPT)) {
  test(`${name}: flows, and templates, are kept`, { skip: withoutSystemd, timeout: 120_000 }, async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'units-'))
    t.after(() => {
      fs.rmSync(folder, { recursive: true })
    })
    const [state, logs] = ['state', 'logs'].map((name) => path.join(folder, name))
    for (const one of [state, logs]) fs.mkdirSync(one)
    const line = execFileSync('bash', ['-c', `. ${UNITS}/${name}.conf; printf %s "$PIPELINE"`], { encoding: 'utf8' })
    const ports = [await freePort(), await freePort(), await freePort()]
    const env = { STATE_DIRECTORY: state, LOGS_DIRECTORY: logs }
    const service = await activated(t, 'UDP', ports, ['bash', '-o', 'pipefail', '-c', SCRIPT.replace('${PIPELINE}', () => line)], env)
    await runPipeline(`flow-pcap ${DEMO} | flow-send -to 127.0.0.1:${ports[1]}`)
    await service.says(/(listening on[^]*){3}/)
    const tools = line.match(/flow-[a-z]+(?= -)/g)!
    while (!areRunning(service.pid, tools)) await sleep(50)
    await service.stop()
    assert.equal(await linesOf(kept(state, logs)), await linesOf(`flow-pcap ${DEMO} | flow-decode | flow-format`), service.stderr())
    assert.ok(fs.existsSync(path.join(state, 'templates.json')))
  })
}
