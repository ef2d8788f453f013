/** `npm run screens`: makes the pictures of the README from real runs in a real terminal. */
import fs from 'node:fs'
import path from 'node:path'
import { openTerminal, withoutTmux } from '../support/terminal.js'
import { ROOT } from '../support/tools.js'
import { screenAsSvg } from './svg.js'

if (withoutTmux !== false) throw new Error(withoutTmux)
const columns = 80
const rows = 20
const demo = path.join(ROOT, 'test/fixtures/demo.pcap')
const source = `{ flow-pcap -speed 0.7 ${demo} | flow-decode; sleep 60; } 2>/dev/null`
const terminal = openTerminal(columns, rows, `${source} | flow-top -window 20s -every 500ms`)
try {
  await terminal.until('the traffic of all exporters', (screen) => screen.join().includes('4 exporters'))
  const screen = terminal
    .colours()
    .split('\n')
    .slice(-rows - 1, -1)
  fs.writeFileSync(path.join(ROOT, 'docs/flow-top.svg'), screenAsSvg(screen, columns, 'flow-top'))
  terminal.keys('q')
} finally {
  terminal.close()
}
