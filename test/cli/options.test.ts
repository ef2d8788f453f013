/** What the tools say of their options, and of words that are none. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { allTools } from '../../src/cli/alltools.js'
import { helpText } from '../../src/cli/help.js'
import { runTool } from '../support/tools.js'

async function refused(tool: string, args: readonly string[], line: string): Promise<void> {
  const { code, stderr } = await runTool(tool, args)
  assert.deepEqual([code, stderr], [64, `${tool}: ${line}\n`])
}

test('an option of another tool names the tool', async () => {
  await refused('flow-enrich', ['-format', 'json'], 'unknown option -format: flow-format has it')
  await refused('flow-decode', ['-listen', 'netflow://:2055'], 'unknown option -listen: flow-listen has it')
  await refused('flow-format', ['--db.asn=asn.mmdb'], 'unknown option -db.asn: flow-enrich has it')
})

test('the option for files of another tool, where files are operands', async () => {
  await refused('flow-pcap', ['-r', 'capture.pcap'], 'unknown option -r: files are given as they are, flow-pcap capture.pcap')
  await refused('flow-decode', ['-r=day.bin'], 'unknown option -r: files are given as they are, flow-decode day.bin')
  await refused('flow-format', ['--r'], 'unknown option -r: files are given as they are, flow-format FILE')
  await refused('flow-listen', ['-r', 'day.bin'], 'unknown option -r: flow-filter, flow-top have it')
})

test('a slip of the finger names the option that was meant, in either spelling', async () => {
  await refused(
    'flow-kafka',
    ['-transport.kafka.brokrs', 'a'],
    'unknown option -transport.kafka.brokrs; did you mean -transport.kafka.brokers?'
  )
  await refused('flow-kafka', ['-broker', 'a'], 'unknown option -broker; did you mean -brokers?')
  await refused('flow-format', ['-loglvel', 'info'], 'unknown option -loglvel; did you mean -loglevel?')
  await refused('flow-pcap', ['-p', '2055'], 'unknown option -p; did you mean -port?')
  await refused('flow-format', ['-zzzzzz'], 'unknown option -zzzzzz (flow-format -h lists the options)')
})

test('the help of each tool fits a terminal of 80 × 24, and -h all has every option', async () => {
  for (const definition of await allTools()) {
    const short = helpText(definition, false).trimEnd().split('\n')
    assert.ok(short.length <= 24, `${definition.name} -h has ${short.length} lines: mark options as rare`)
    const all = helpText(definition, true)
    for (const line of [...short, ...all.split('\n')]) assert.ok([...line].length <= 80, `${definition.name} -h: ${line}`)
    for (const [name, { hidden }] of Object.entries(definition.options)) {
      assert.equal(new RegExp(`^ {2}-${name}( |$)`, 'm').test(all), hidden !== true, `${definition.name} -h all: -${name}`)
    }
  }
})

test('-h, -help, -h all and -v in each spelling', async () => {
  const short = (await runTool('flow-agg', ['-h'])).stdout.toString()
  assert.match(short, /^Usage: flow-agg \[options\] \[FILE\.\.\.\]\n/)
  assert.match(short, /\nAll options: flow-agg -h all, man flow-agg\n$/)
  assert.equal((await runTool('flow-agg', ['-top', '3', '--help'])).stdout.toString(), short)
  assert.match((await runTool('flow-agg', ['-h', 'all'])).stdout.toString(), /-metrics\.series <n>/)
  assert.match((await runTool('flow-agg', ['--version'])).stdout.toString(), /^\d+\.\d+\.\d+\n$/)
})

test('true and false behind a switch are told of', async () => {
  const { code, stderr } = await runTool('flow-enrich', ['-keep-as', 'false'])
  assert.equal(code, 66)
  assert.match(stderr, /cannot read false: no such file; a switch takes true or false behind =/)
})
