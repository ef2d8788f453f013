import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after } from 'node:test'
import fc from 'fast-check'
import { type Attributes, readAttributes } from '../../src/enrich/tables/attributes.js'
import { AS_NUMBER, COUNTRY, SPEED } from '../../src/enrich/tables/cells.js'
import { TEXT } from '../../src/enrich/tables/csv.js'
import { readInterfaces } from '../../src/enrich/tables/interfaces.js'
import { wordsOf } from '../../src/enrich/tables/prefixes.js'
import { isMappedIPv4, parseNetwork } from '../../src/flow/address.js'
import { numbers } from '../support/generate.js'
import { bytesOf } from './enriching.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-enrich-tables-'))
after(() => {
  fs.rmSync(folder, { recursive: true })
})

function write(text: string | Buffer, name = 'table.csv'): string {
  const file = path.join(folder, name)
  fs.writeFileSync(file, text)
  return file
}

const COLUMNS = { name: TEXT, role: TEXT, site: TEXT, asn: AS_NUMBER, country: COUNTRY }
type Column = keyof typeof COLUMNS

async function read(...texts: (string | Buffer)[]): Promise<{ contents: Attributes<Column>; remarks?: readonly string[] }> {
  return readAttributes<Column>(
    texts.map((text, i) => write(text, `table${i}.csv`)),
    'network',
    COLUMNS
  )
}

function valueOf({ find, value }: Attributes<Column>, address: string, column: Column = 'name'): string {
  return value(find(...wordsOf(bytesOf(address))), column)
}

test('a table as programs write it: line ends, quotes, a byte order mark, empty lines, columns in any order and case', async () => {
  const rows = ['Name,network , ROLE', 'a,10.0.0.0/8,x', '', '"b, ""c""\nd",2001:db8::/32,', 'é,192.0.2.1,y']
  for (const text of [rows.join('\n'), rows.join('\r\n') + '\r\n', '\ufeff' + rows.join('\n')]) {
    const { contents, remarks } = await read(text)
    assert.deepEqual(remarks, [])
    assert.deepEqual(
      ['10.1.2.3', '2001:db8::1', '192.0.2.1', '192.0.2.2', '::'].map((address) => valueOf(contents, address)),
      ['a', 'b, "c"\nd', 'é', '', '']
    )
    assert.equal(valueOf(contents, '192.0.2.1', 'role'), 'y')
    assert.equal(contents.count, 3)
  }
})

test('each attribute is that of the longest prefix that has a value for it', async () => {
  const { contents } = await read(
    'network,name,role,site\n10.0.0.0/8,ten,,z\n10.1.0.0/16,,web,\n10.1.1.1/32,host,,\n0.0.0.0/0,all,any,\n::/0,six,,\n'
  )
  const of = (address: string): string[] => (['name', 'role', 'site'] as const).map((column) => valueOf(contents, address, column))
  assert.deepEqual(of('10.1.1.1'), ['host', 'web', 'z'])
  assert.deepEqual(of('10.1.1.2'), ['ten', 'web', 'z'])
  assert.deepEqual(of('10.2.0.1'), ['ten', 'any', 'z'])
  assert.deepEqual(of('255.255.255.255'), ['all', 'any', ''])
  assert.deepEqual(of('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'), ['six', '', ''])
  assert.deepEqual(of('::fffe:ffff:ffff'), ['six', '', ''])
})

test('::/0 is nothing of IPv4, and an IPv4-mapped network is the IPv4 one', async () => {
  const { contents } = await read('network,name\n::/0,six\n::ffff:10.0.0.0/104,ten\n')
  assert.deepEqual(
    ['10.1.1.1', '11.0.0.1', '::1', '::1:0:0:0'].map((address) => valueOf(contents, address)),
    ['ten', '', 'six', 'six']
  )
})

test('rows of one prefix: the later says what both say, in one file as in several, and within one that is said', async () => {
  const { contents, remarks = [] } = await read(
    'network,name,role\n10.0.0.0/8,a,x\n\n10.0.0.0/8,b,\n10.0.0.1/8,,\n',
    'network,site\n10.0.0.0/8,z\n'
  )
  assert.deepEqual(
    (['name', 'role', 'site'] as const).map((column) => valueOf(contents, '10.0.0.1', column)),
    ['b', 'x', 'z']
  )
  assert.equal(remarks.length, 2)
  assert.match(remarks[0], /table0\.csv: bits behind the prefix are set 1 time, first 10\.0\.0\.1\/8 in line 5; they are cut off$/)
  assert.match(remarks[1], /table0\.csv: 2 networks more than once, the first: line 4 says again what line 2 is of/)
})

const REFUSED: readonly (readonly [text: string, error: RegExp])[] = [
  ['', / is empty: the first line names the columns$/],
  ['name\n', / line 1: there is no column network; /],
  ['network\n', / line 1: there is nothing but network; columns may be name, /],
  ['network,nmae\n', / line 1: unknown column 'nmae'; nearest: name, /],
  ['network;name\n', / line 1: unknown column 'network;name': fields are separated by commas, not semicolons$/],
  ['network,name,name\n', / line 1: column name stands there twice$/],
  ['network,name\n10.0.0.0/8,a\n10.0.0.0/33,b\n', / line 3, column network: '10\.0\.0\.0\/33' is no network: 10\.0\.0\.0\/8 or /],
  ['network,name\n,b\n', / line 2, column network: '' is no network/],
  ['network,name\n"10.0.0.0/8","a\nb"\nx,y\n', / line 4, column network: 'x' is no network/],
  ['network,name\n\n10.0.0.0/8\n', / line 3: 1 field, where the header has 2$/],
  ['network,asn\n10.0.0.0/8,AS0\n', / line 2, column asn: 'AS0' is no AS number: 64500 or AS64500 is one$/],
  ['network,country\n10.0.0.0/8,Germany\n', / line 2, column country: 'Germany' is no country/],
  [`network,name\n10.0.0.0/8,${'x'.repeat(256)}\n`, / line 2, column name: 'x+…' is no name: it has more than 255 bytes$/],
  ['network,name\n10.0.0.0/8,a\n10.0.0.0/8,"b\n1,2\n', / line 3: a field that begins with a quote has no quote at its end$/],
  ['network,name\n10.0.0.0/8,a"b\n', / line 2: a quote stands inside a field without quotes/],
  ['network,name\n10.0.0.0/8,"a"b\n', / line 2: a quote stands inside a field in quotes/]
]

test('what is wrong with a table is said with file, line, column and what would do', async () => {
  for (const [text, error] of REFUSED) {
    await assert.rejects(read(text), ({ message, exitCode }: { message: string; exitCode: number }) => {
      assert.match(message, error)
      assert(message.startsWith(path.join(folder, 'table0.csv')))
      return exitCode === 65
    })
  }
  await assert.rejects(readAttributes([path.join(folder, 'none')], 'network', COLUMNS), {
    exitCode: 66,
    message: /cannot be opened: no such file$/
  })
})

test('speeds, AS numbers and country codes', () => {
  assert.deepEqual(
    ['10G', ' 2.5g', '100M', '1000000000', '0', '18446744073709551615', '18446744073709551616', '1.5', '-1', 'fast'].map(SPEED.read),
    ['10000000000', '2500000000', '100000000', '1000000000', '', '18446744073709551615', undefined, undefined, undefined, undefined]
  )
  assert.deepEqual(['64500', 'as64500', '4294967295', '4294967296', '0', '1.1'].map(AS_NUMBER.read), [
    '64500',
    '64500',
    '4294967295',
    undefined,
    undefined,
    undefined
  ])
  assert.deepEqual(['de', 'DEU'].map(COUNTRY.read), ['DE', undefined])
})

/** Prefixes close to one another, at the edges of the families and of addresses, and addresses in and beside them. */
const BASES = [
  '0.0.0.0',
  '10.0.0.0',
  '10.255.255.255',
  '255.255.255.255',
  '::',
  '::fffe:ffff:ffff',
  '::1:0:0:0',
  '2001:db8::',
  'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'
]
const address = fc.tuple(fc.constantFrom(...BASES), fc.nat(127), fc.boolean()).map(([base, bit, isFlipped]) => {
  const bytes = Buffer.from(bytesOf(base))
  if (isFlipped) bytes[(bit >> 3) % bytes.length] ^= 0x80 >> (bit & 7)
  return isMappedIPv4(bytes) ? bytes.subarray(12) : bytes
})
const textOf = (bytes: Buffer): string => (bytes.length === 4 ? bytes.join('.') : bytes.toString('hex').replace(/....(?!$)/g, '$&:'))
const prefix = fc.tuple(address, fc.nat(128)).map(([bytes, length]) => `${textOf(bytes)}/${length % (8 * bytes.length + 1)}`)
const cell = fc.constantFrom('', '', 'a', 'b', 'c')

/** The bits of an address, as text. */
const bitsOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('')

/** A search through all rows: the last value of the longest prefix that has one. */
function searched(rows: readonly { network: string; value: string }[], bytes: Buffer): string {
  let best = -1
  let found = ''
  for (const { network, value } of rows) {
    const parsed = parseNetwork(network)!
    if (value === '' || parsed.address.length !== bytes.length || parsed.prefix < best) continue
    if (!bitsOf(bytes).startsWith(bitsOf(parsed.address).slice(0, parsed.prefix))) continue
    best = parsed.prefix
    found = value
  }
  return found
}

test('any table of networks says what a search through all its rows does', async () => {
  const rows = fc.array(fc.record({ network: prefix, name: cell, role: cell }), { maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(rows, fc.array(address, { minLength: 1, maxLength: 40 }), async (table, addresses) => {
      const { contents } = await read(
        `role,network,name\n${table.map(({ network, name, role }) => `${role},${network},${name}\n`).join('')}`
      )
      for (const bytes of [...addresses, ...table.map(({ network }) => Buffer.from(parseNetwork(network)!.address))]) {
        for (const column of ['name', 'role'] as const) {
          const wanted = searched(
            table.map((row) => ({ network: row.network, value: row[column] })),
            bytes
          )
          assert.equal(contents.value(contents.find(...wordsOf(bytes)), column), wanted, `${column} of ${textOf(bytes)}`)
        }
      }
    }),
    { numRuns: 300 }
  )
})

test('any table of interfaces says what a search through all its rows does', async () => {
  const rows = fc.array(fc.record({ network: prefix, ifIndex: fc.integer({ min: 1, max: 3 }), name: cell }), { maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(rows, fc.array(address, { minLength: 1, maxLength: 20 }), async (table, addresses) => {
      const lines = table.map(({ network, ifIndex, name }) => `${network},${ifIndex},${name}\n`)
      const { contents } = await readInterfaces([write(`exporter,ifindex,name\n${lines.join('')}`, 'interfaces.csv')])
      for (const bytes of addresses) {
        for (const ifIndex of [1, 2, 3, 4]) {
          const ofInterface = table.filter((row) => row.ifIndex === ifIndex).map(({ network, name }) => ({ network, value: name }))
          assert.equal(contents.value(contents.find(...wordsOf(bytes)), ifIndex, 'name'), searched(ofInterface, bytes))
        }
      }
    }),
    { numRuns: 200 }
  )
})

test('a table of interfaces: what is wrong is said, and speeds become bits a second', async () => {
  const refused = async (text: string, message: RegExp): Promise<void> => {
    await assert.rejects(readInterfaces([write(text, 'interfaces.csv')]), { message })
  }
  await refused('exporter,name\n', / line 1: there is no column ifindex/)
  await refused('exporter,ifindex,name\n10.0.0.1,0,a\n', / line 2, column ifindex: '0' is no ifIndex: 1 to 4294967295 is one$/)
  await refused('exporter,ifindex,name\nrouter,1,a\n', / line 2, column exporter: 'router' is no network/)
  await refused('exporter,ifindex,speed\n10.0.0.1,1,fast\n', / line 2, column speed: 'fast' is no speed/)
  const { contents, remarks = [] } = await readInterfaces([
    write('exporter,ifindex,speed\n10.0.0.0/8,4294967295,10G\n10.0.0.0/8,4294967295,\n', 'interfaces.csv')
  ])
  assert.equal(contents.value(contents.find(...wordsOf(bytesOf('10.0.0.1'))), 0xffffffff, 'speed'), '10000000000')
  assert.equal(contents.count, 1)
  assert.match(remarks[0], /1 interface more than once, the first: line 3 says again what line 2 is of/)
})

test('a million networks', async () => {
  const random = numbers(3)
  const rows = new Map<number, number>()
  const file = path.join(folder, 'million.csv')
  const fd = fs.openSync(file, 'w')
  for (let i = 0, text = 'network,name,site\n'; i < 1_000_000; i++) {
    const network = random() & 0xffffff
    rows.set(network, i)
    text += `${network >>> 16}.${(network >>> 8) & 0xff}.${network & 0xff}.0/24,net-${i},site ${i % 500}\n`
    if (text.length > 1 << 20 || i === 999_999) {
      fs.writeSync(fd, text)
      text = ''
    }
  }
  fs.closeSync(fd)
  const { contents } = await readAttributes<Column>([file], 'network', COLUMNS)
  assert.equal(contents.count, rows.size)
  for (let i = 0; i < 100_000; i++) {
    const network = random() & 0xffffff
    const found = contents.find(0, 0, 0xffff, (network << 8) | (i & 0xff))
    const row = rows.get(network)
    assert.equal(contents.value(found, 'name'), row === undefined ? '' : `net-${row}`)
    assert.equal(contents.value(found, 'site'), row === undefined ? '' : `site ${row % 500}`)
  }
})
