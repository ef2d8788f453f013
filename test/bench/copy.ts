/** The ceiling: a process that reads stdin and writes it to stdout as the tools do, and does nothing else. */
import { openInput } from '../../src/flow/input.js'
import { openOutput } from '../../src/flow/output.js'

const output = openOutput(process.stdout, (error) => error)
for await (const chunk of openInput(0).chunks()) {
  output.reserve(chunk.length)
  output.pos += chunk.copy(output.buf, output.pos)
  output.commit()
  if (output.blocked) await output.ready()
}
await output.end()
