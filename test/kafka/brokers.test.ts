import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import dns from 'node:dns'
import { once } from 'node:events'
import test from 'node:test'
import { brokerList, brokerText, seedHost, seedName, srvBrokers } from '../../src/kafka/brokers.js'
import { UserError } from '../../src/cli/exit.js'

test('a list of brokers: names, IPv4, IPv6 in brackets, with and without a port', () => {
  assert.deepEqual(brokerList('kafka1:9093, 192.0.2.1:9092,[::1]:9094,[2001:db8::1],kafka-2.example'), [
    { host: 'kafka1', port: 9093 },
    { host: '192.0.2.1', port: 9092 },
    { host: '::1', port: 9094 },
    { host: '2001:db8::1', port: 9092 },
    { host: 'kafka-2.example', port: 9092 }
  ])
})

test('what is no broker is refused with what would be one', () => {
  const refused = (list: string, message: RegExp): void => {
    assert.throws(
      () => brokerList(list),
      (error: unknown) => error instanceof UserError && error.exitCode === 64 && message.test(error.message)
    )
  }
  refused('::1', /brackets, as \[::1\]:9092/)
  refused('kafka:0', /HOST:PORT/)
  refused('kafka:70000', /HOST:PORT/)
  refused('a,http://b:9092', /-brokers http:\/\/b:9092/)
  refused('[nonsense]:9092', /HOST:PORT/)
  refused('', /names no broker/)
})

test('an IPv6 broker survives being cut at its first colon', () => {
  for (const host of ['::1', '2001:db8::a', '192.0.2.1', 'kafka-2.example']) {
    const [name, port] = seedName({ host, port: 9092 }).split(':')
    assert.deepEqual([seedHost(name), port], [host, '9092'])
  }
  assert.equal(brokerText({ host: '::1', port: 9092 }), '[::1]:9092')
})

const NAME = '_kafka._tcp.example.com'

/** Answers every question with these SRV records, or with NXDOMAIN (RFC 1035 §4, RFC 2782). */
async function nameServer(
  records: readonly { priority: number; weight: number; port: number; host: string }[]
): Promise<{ resolver: dns.promises.Resolver; close: () => void }> {
  const socket = dgram.createSocket('udp4')
  const u16 = (...values: number[]): Buffer => Buffer.from(values.flatMap((value) => [value >> 8, value & 255]))
  const encoded = (name: string): Buffer =>
    Buffer.concat([...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.from([0])])
  socket.on('message', (query, { port }) => {
    const answers = records.map(({ priority, weight, port: to, host }) => {
      const data = Buffer.concat([u16(priority, weight, to), encoded(host)])
      return Buffer.concat([u16(0xc00c, 33, 1, 0, 60, data.length), data])
    })
    const header = Buffer.concat([query.subarray(0, 2), u16(records.length > 0 ? 0x8180 : 0x8183, 1, records.length, 0, 0)])
    socket.send(Buffer.concat([header, query.subarray(12, 12 + encoded(NAME).length + 4), ...answers]), port, '127.0.0.1')
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const resolver = new dns.promises.Resolver()
  resolver.setServers([`127.0.0.1:${socket.address().port}`])
  return { resolver, close: () => socket.close() }
}

test('the brokers of an SRV record, the preferred ones first', async () => {
  const { resolver, close } = await nameServer([
    { priority: 20, weight: 0, port: 9094, host: 'last.example.com' },
    { priority: 10, weight: 1, port: 9093, host: 'second.example.com' },
    { priority: 10, weight: 9, port: 9092, host: 'first.example.com' }
  ])
  try {
    assert.deepEqual(await srvBrokers(NAME, resolver), [
      { host: 'first.example.com', port: 9092 },
      { host: 'second.example.com', port: 9093 },
      { host: 'last.example.com', port: 9094 }
    ])
  } finally {
    close()
  }
})

test('no such SRV record is one line and exit code 69', async () => {
  const { resolver, close } = await nameServer([])
  try {
    await assert.rejects(
      srvBrokers(NAME, resolver),
      (error: unknown) =>
        error instanceof UserError && error.exitCode === 69 && error.message === `-srv ${NAME}: there is no such SRV record`
    )
  } finally {
    close()
  }
})
