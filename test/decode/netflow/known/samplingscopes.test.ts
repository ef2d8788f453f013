/** Rates that options data tells in any scopes, elements and order, and records that ask for one, against the rules as they are written. */
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { decode } from '../../../support/decode.js'
import { addr, dataSets, type Element, message, optionsSets, PROTO, uint, type Version, VERSIONS } from '../../../support/records.js'
import { SCALE } from '../../../support/scale.js'

const SCOPES = ['system', 'interface', 'card', 'cache', 'template', 'domain', 'sampler', 'exporter'] as const
type Scope = (typeof SCOPES)[number]
/** v9's scope types, and IPFIX's elements. */
const SCOPE_IDS: Record<Scope, { 9?: number; 10: number }> = {
  system: { 9: 1, 10: 144 },
  interface: { 9: 2, 10: 10 },
  card: { 9: 3, 10: 141 },
  cache: { 9: 4, 10: 346 },
  template: { 9: 5, 10: 145 },
  domain: { 10: 149 },
  sampler: { 10: 302 },
  exporter: { 10: 130 }
}

/** Elements and their values, in the order in which they stand in the record. */
type Values = readonly (readonly [id: number, value: number, bytes: number])[]

interface Told {
  readonly domain: number
  readonly scopes: readonly (readonly [Scope, number])[]
  readonly values: Values
}

interface Asked {
  readonly domain: number
  readonly template: number
  readonly values: Values
}

const TEMPLATES = [300, 301]
const domain = fc.constantFrom(0, 1, 2)
const number = fc.constantFrom(1, 2, 3)

const VALUES: Record<number, fc.Arbitrary<number>> = {
  34: fc.constantFrom(0, 1, 100, 512, 65_535),
  35: fc.constantFrom(1, 2),
  48: number,
  50: fc.constantFrom(0, 1, 1000),
  302: number,
  304: fc.constantFrom(1, 2, 3, 5),
  305: fc.constantFrom(0, 1, 2, 10),
  306: fc.constantFrom(0, 99, 255, 9999),
  309: fc.constantFrom(0, 1, 3),
  310: fc.constantFrom(0, 256, 1000, 4096)
}
/** The elements of routers' options, and of some that none has. */
const RATES = [[34], [34, 35], [50], [34, 50], [305], [305, 306], [309, 310], [304, 305, 309, 310], [304, 305, 306, 309, 310]]
const WITH_SAMPLER = [
  [302, 304, 305, 306],
  [302, 304, 309, 310],
  [48, 34],
  [50, 49, 48]
]

function valuesOf(sets: readonly (readonly number[])[]): fc.Arbitrary<Values> {
  const value = (id: number): fc.Arbitrary<Values[number]> =>
    fc.tuple(VALUES[id] ?? fc.constant(1), fc.integer({ min: 2, max: 8 })).map(([value, bytes]) => [id, value, bytes] as const)
  return fc
    .constantFrom(...sets)
    .chain((ids) => fc.shuffledSubarray([...ids], { minLength: ids.length }))
    .chain((ids) => fc.tuple(...ids.map(value)))
}

const scopeOf = (version: Version): fc.Arbitrary<readonly [Scope, number]> =>
  fc.constantFrom(...SCOPES.filter((scope) => SCOPE_IDS[scope][version] !== undefined)).chain((scope) => {
    const value = scope === 'template' ? fc.constantFrom(...TEMPLATES) : scope === 'domain' ? domain : number
    return value.map((of) => [scope, of] as const)
  })

const toldBy = (version: Version): fc.Arbitrary<Told> =>
  fc.record({
    domain,
    scopes: fc.uniqueArray(scopeOf(version), { minLength: 1, maxLength: 2, selector: ([scope]) => scope }),
    values: valuesOf([...RATES, ...WITH_SAMPLER])
  })

const asked: fc.Arbitrary<Asked> = fc.record({
  domain,
  template: fc.constantFrom(...TEMPLATES),
  values: fc
    .tuple(
      fc.subarray([48, 302], { maxLength: 1 }),
      fc.subarray([10, 252], { maxLength: 1 }),
      fc.subarray([14, 253], { maxLength: 1 }),
      fc.subarray([61, 141]),
      fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: valuesOf(RATES) })
    )
    .chain(([sampler, input, output, others, own]) =>
      fc
        .tuple(...[...sampler, ...input, ...output].map((id) => number.map((value) => [id, value, 4] as const)))
        .chain((named) =>
          fc.constantFrom(0, 1).map((egress) => [...named, ...others.map((id) => [id, id === 61 ? egress : 2, 1] as const), ...own])
        )
    )
})

const roundedRatio = (a: number, b: number): number => Math.floor((2 * a + b) / (2 * b))

function rateOf(values: Values): number {
  const of = new Map(values.map(([id, value]) => [id, value]))
  const ratio = (over: number | undefined, under: number | undefined): number =>
    over === undefined || under === undefined || under === 0 ? 0 : roundedRatio(over, under)
  const skipped = of.get(306)
  const systematic = skipped === undefined ? 0 : ratio((of.get(305) ?? 0) + skipped, of.get(305))
  const random = ratio(of.get(310), of.get(309))
  const algorithm = of.get(304)
  const first = algorithm === 3 ? random : algorithm === 1 || algorithm === 2 ? systematic : 0
  const alone = skipped === undefined ? of.get(305) : undefined
  return [first, systematic, random, of.get(34), of.get(50), alone].find((rate) => rate !== undefined && rate > 0) ?? 0
}

/** By where it holds (a domain, or the exporter), what it is about, and that one's number. */
type Rates = Map<string, number>
const EXPORTER = 'exporter'

function learn(rates: Rates, { domain: of, scopes, values }: Told): void {
  const rate = rateOf(values)
  if (rate === 0) return
  const scope = new Map(scopes)
  const sampler = values.find(([id]) => id === 48 || id === 302)?.[1] ?? scope.get('sampler')
  const places: (string | number)[] = [scope.get('domain') ?? of]
  if (!scope.has('domain') && (scope.has('system') || scope.has('exporter'))) places.push(EXPORTER)
  for (const place of places) {
    if (sampler !== undefined) rates.set(`${place} sampler ${sampler}`, rate)
    else if (scope.has('template')) rates.set(`${place} template ${scope.get('template')}`, rate)
    else if (scope.has('card')) rates.set(`${place} card ${scope.get('card')}`, rate)
    else if (scope.has('interface')) rates.set(`${place} interface ${scope.get('interface')}`, rate)
    else if (!scope.has('cache')) rates.set(`${place} all`, rate)
  }
}

function rateFor(rates: Rates, { domain: of, template, values }: Asked): number {
  const record = new Map(values.map(([id, value]) => [id, value]))
  const output = record.get(14) ?? record.get(253)
  const sampler = record.get(48) ?? record.get(302)
  const isEgress = record.get(61) === 1 && output !== undefined
  const face = isEgress ? output : (record.get(10) ?? record.get(252))
  const card = record.get(141)
  const places = [of, EXPORTER, 0]
  const about = (what: string, which: number | undefined): (number | undefined)[] =>
    which === undefined ? [] : places.map((place) => rates.get(`${place} ${what} ${which}`))
  const wide = places.flatMap((place) => {
    const samplers = new Set([...rates].filter(([key]) => key.startsWith(`${place} sampler `)).map(([, rate]) => rate))
    return [rates.get(`${place} all`), sampler === undefined && samplers.size === 1 ? [...samplers][0] : undefined]
  })
  const all = [
    rateOf(values) || undefined,
    ...about('sampler', sampler),
    rates.get(`${of} template ${template}`),
    ...about('card', card),
    ...about('interface', face),
    ...wide
  ]
  return all.find((rate) => rate !== undefined) ?? 0
}

const elementsOf = (values: Values): Element[] => values.map(([id, value, bytes]) => uint(id, value, bytes))

for (const version of VERSIONS) {
  test(`version ${version}: a record has the rate of the narrowest scope that says one for it`, async () => {
    const scopeElement = ([scope, value]: readonly [Scope, number]): Element =>
      scope === 'exporter' ? addr(130, '192.0.2.1') : uint(SCOPE_IDS[scope][version]!, value)
    await fc.assert(
      fc.asyncProperty(fc.array(toldBy(version), { maxLength: 4 }), asked, async (tables, flow) => {
        const rates: Rates = new Map()
        const datagrams = tables.map((told, i) => {
          learn(rates, told)
          const sets = optionsSets(version, told.scopes.map(scopeElement), elementsOf(told.values), 500 + i)
          return message(version, { domain: told.domain }, ...sets)
        })
        datagrams.push(message(version, { domain: flow.domain }, ...dataSets(version, [PROTO, ...elementsOf(flow.values)], flow.template)))
        const { flows } = await decode(datagrams)
        assert.equal(Number(flows[0].sampling_rate ?? 0), rateFor(rates, flow))
      }),
      { numRuns: 1000 * SCALE }
    )
  })
}
