/** The sampling rate: what the record tells, what options data told, what the user set, in this order. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { parseRates } from '../../../../src/decode/rateoption.js'
import { decode } from '../../../support/decode.js'
import {
  addr,
  assertFlow,
  dataSets,
  type Element,
  message,
  optionsMessage,
  optionsSets,
  PROTO,
  raw,
  recordMessage,
  systemScope,
  uint,
  vary,
  type Version,
  VERSIONS
} from '../../../support/records.js'
import { v5 } from '../../../support/build-netflow.js'
import type { DecoderOptions } from '../../../../src/decode/decoderoptions.js'

/** The rates, in the order of the flows, that come of these datagrams; undefined where a flow has none. */
async function rates(datagrams: Parameters<typeof decode>[0], options: Partial<DecoderOptions> = {}): Promise<unknown[]> {
  const { flows } = await decode(datagrams, options)
  return flows.map((flow) => flow.sampling_rate)
}

/** An interface as a scope: v9's scope type 2, IPFIX's ingressInterface. */
const interfaceScope = (version: Version, number: number): Element => uint(version === 9 ? 2 : 10, number)

for (const version of VERSIONS) {
  const name = `version ${version}`
  const samplers = [uint(48, 5, 1), uint(302, 5, 8)]

  test(`${name}: what was told of the sampler that the record names`, async () => {
    for (const inOptions of samplers) {
      for (const inRecord of samplers) {
        // v9 knows scope types, not elements, as scopes: the sampler is a value there
        const sampler =
          version === 9
            ? optionsMessage(9, 1, [systemScope(9)], inOptions, uint(34, 100))
            : optionsMessage(10, 1, [inOptions], uint(34, 100))
        assert.deepEqual(
          await rates([
            sampler,
            recordMessage(version, 1, inRecord),
            recordMessage(version, 1, uint(48, 6, 1)),
            recordMessage(version, 1),
            recordMessage(version, 2, inRecord)
          ]),
          // of the one that a record names, or of all where it names none; what the scope System tells is told of all domains
          ['100', undefined, '100', version === 9 ? '100' : undefined]
        )
        assert.deepEqual(
          await rates([optionsMessage(version, 1, [systemScope(version)], inOptions, uint(34, 100)), recordMessage(version, 1, inRecord)]),
          ['100']
        )
      }
    }
  })

  test(`${name}: options data tells a rate in every way that records do`, async () => {
    const ways: [Element[], string][] = [
      [[uint(34, 100)], '100'],
      [[uint(50, 200, 8)], '200'],
      [[uint(305, 300, 2)], '300'],
      [[uint(305, 1), uint(306, 399)], '400'],
      [[uint(305, 3), uint(306, 0)], '1'],
      [[uint(309, 2), uint(310, 1000)], '500'],
      [[uint(34, 0), uint(305, 0), uint(306, 4), uint(309, 1), uint(310, 600)], '600'],
      [[uint(34, 0), uint(50, 700)], '700']
    ]
    for (const [options, rate] of ways)
      assert.deepEqual(await rates([optionsMessage(version, 0, [systemScope(version)], ...options), recordMessage(version, 0)]), [rate])
  })

  test(`${name}: what was told of the input interface`, async () => {
    const options = [
      optionsMessage(version, 1, [interfaceScope(version, 7)], uint(34, 70)),
      optionsMessage(version, 1, [interfaceScope(version, 8)], uint(34, 80))
    ]
    assert.deepEqual(
      await rates([
        ...options,
        recordMessage(version, 1, uint(10, 7)),
        recordMessage(version, 1, uint(10, 8, 2)),
        recordMessage(version, 1, uint(10, 9)),
        recordMessage(version, 1, uint(14, 7)),
        recordMessage(version, 1)
      ]),
      ['70', '80', undefined, undefined, undefined]
    )
    // an interface that is only a value is no scope: the rate is the domain's
    assert.deepEqual(
      await rates([optionsMessage(version, 1, [systemScope(version)], uint(10, 7), uint(34, 70)), recordMessage(version, 1, uint(10, 9))]),
      ['70']
    )
  })

  test(`${name}: the order is sampler, interface, domain, domain 0, user`, async () => {
    const sampler = optionsMessage(version, 1, [systemScope(version)], uint(48, 5, 1), uint(34, 10))
    const ofInterface = optionsMessage(version, 1, [interfaceScope(version, 7)], uint(34, 20))
    const domain = optionsMessage(version, 1, [systemScope(version)], uint(34, 30))
    const domain0 = optionsMessage(version, 0, [systemScope(version)], uint(34, 40))
    const user = { rateOf: () => 50 }
    const record = recordMessage(version, 1, uint(48, 5, 1), uint(10, 7))
    assert.deepEqual(await rates([domain0, domain, ofInterface, sampler, record], user), ['10'])
    assert.deepEqual(await rates([domain0, domain, ofInterface, record], user), ['20'])
    assert.deepEqual(await rates([domain0, domain, record], user), ['30'])
    assert.deepEqual(await rates([domain0, record], user), ['40'])
    assert.deepEqual(await rates([record], user), ['50'])
    assert.deepEqual(await rates([record]), [undefined])
    // the record's own comes before all
    assert.deepEqual(
      await rates([domain0, domain, ofInterface, sampler, recordMessage(version, 1, uint(48, 5, 1), uint(10, 7), uint(34, 5))], user),
      ['5']
    )
    assert.deepEqual(
      await rates([domain0, domain, ofInterface, sampler, recordMessage(version, 1, uint(48, 5, 1), uint(10, 7), uint(34, 0))], user),
      ['10']
    )
  })

  test(`${name}: in domain 0, too, the sampler and the interface come first`, async () => {
    const options = [
      optionsMessage(version, 0, [systemScope(version)], uint(48, 5, 1), uint(34, 10)),
      optionsMessage(version, 0, [interfaceScope(version, 7)], uint(34, 20)),
      optionsMessage(version, 0, [systemScope(version)], uint(34, 30))
    ]
    assert.deepEqual(
      await rates([
        ...options,
        recordMessage(version, 9, uint(48, 5, 1), uint(10, 7)),
        recordMessage(version, 9, uint(10, 7)),
        recordMessage(version, 9)
      ]),
      ['10', '20', '30']
    )
  })

  test(`${name}: a zero rate in options data tells nothing, and takes nothing back`, async () => {
    const zero = optionsMessage(version, 1, [systemScope(version)], uint(34, 0), uint(309, 5), uint(310, 0))
    assert.deepEqual(await rates([zero, recordMessage(version, 1)], { rateOf: () => 50 }), ['50'])
    assert.deepEqual(await rates([optionsMessage(version, 1, [systemScope(version)], uint(34, 30)), zero, recordMessage(version, 1)]), [
      '30'
    ])
  })

  test(`${name}: what is told last counts`, async () => {
    assert.deepEqual(
      await rates([
        optionsMessage(version, 1, [systemScope(version)], uint(34, 30)),
        recordMessage(version, 1),
        optionsMessage(version, 1, [systemScope(version)], uint(34, 31)),
        recordMessage(version, 1)
      ]),
      ['30', '31']
    )
  })

  test(`${name}: one exporter's rates are not another's`, async () => {
    const other = Buffer.from([192, 0, 2, 77])
    assert.deepEqual(
      await rates([
        optionsMessage(version, 1, [systemScope(version)], uint(34, 30)),
        { payload: recordMessage(version, 1), src: other, srcPort: 40000 }
      ]),
      [undefined]
    )
    assert.deepEqual(
      await rates([
        { payload: optionsMessage(version, 1, [systemScope(version)], uint(34, 30)), srcPort: 1111 },
        { payload: recordMessage(version, 1), srcPort: 2222 }
      ]),
      ['30']
    )
  })
}

test('a rate that one version told is not the other’s', async () => {
  assert.deepEqual(await rates([optionsMessage(9, 1, [systemScope(9)], uint(34, 30)), recordMessage(10, 1), recordMessage(9, 1)]), [
    undefined,
    '30'
  ])
})

test('IPFIX: a rate may be told of another domain, which is then in scope', async () => {
  const scoped = optionsMessage(10, 0, [uint(149, 7)], uint(34, 70))
  assert.deepEqual(await rates([scoped, recordMessage(10, 7), recordMessage(10, 8), recordMessage(10, 0)]), ['70', undefined, undefined])
  assert.deepEqual(await rates([optionsMessage(10, 3, [uint(149, 0)], uint(34, 90)), recordMessage(10, 3), recordMessage(10, 4)]), [
    '90',
    '90'
  ])
  // in one datagram with the data
  const inOne = message(10, { domain: 3 }, ...optionsSets(10, [uint(149, 0)], [uint(34, 90)]), ...dataSets(10, [PROTO]))
  assert.deepEqual(await rates([inOne]), ['90'])
})

test('version 9: other scope types are no interfaces, and what is told of something narrower is not the domain’s', async () => {
  for (const scope of [3, 4, 5, 10, 14]) {
    assert.deepEqual(
      await rates([optionsMessage(9, 1, [uint(scope, 7)], uint(34, 70)), recordMessage(9, 1, uint(10, 7))]),
      [undefined],
      `scope type ${scope}`
    )
  }
})

for (const version of VERSIONS) {
  test(`version ${version}: rates of a template and of a line card are those of their records alone`, async () => {
    const template = (id: number): Element => uint(version === 9 ? 5 : 145, id, 2)
    const card = (id: number): Element => uint(version === 9 ? 3 : 141, id)
    const of = (id: number, ...elements: Element[]): Buffer =>
      message(version, { domain: 1 }, ...dataSets(version, [PROTO, ...elements], id))
    const options = [
      optionsMessage(version, 1, [template(300)], uint(34, 10)),
      optionsMessage(version, 1, [template(301)], uint(34, 20)),
      optionsMessage(version, 1, [card(4)], uint(34, 30)),
      optionsMessage(version, 1, [card(4), template(302)], uint(34, 40))
    ]
    assert.deepEqual(
      await rates([...options, of(300), of(301), of(302), of(303), of(303, uint(141, 4)), of(300, uint(141, 4)), of(303, uint(141, 5))]),
      ['10', '20', '40', undefined, '30', '10', undefined]
    )
  })

  test(`version ${version}: the interface is the output’s where the flow was seen as it left`, async () => {
    const options = [
      optionsMessage(version, 1, [interfaceScope(version, 7)], uint(34, 70)),
      optionsMessage(version, 1, [interfaceScope(version, 8)], uint(34, 80))
    ]
    const at = (direction: number): Buffer => recordMessage(version, 1, uint(10, 7), uint(14, 8), uint(61, direction, 1))
    assert.deepEqual(await rates([...options, at(0), at(1), recordMessage(version, 1, uint(10, 7), uint(61, 1, 1))]), ['70', '80', '70'])
  })

  test(`version ${version}: samplers that agree give the rate of records that name none, in their domain`, async () => {
    const sampler = (id: number, rate: number): Buffer =>
      version === 9
        ? optionsMessage(9, 1, [uint(2, 1)], uint(48, id), uint(34, rate))
        : optionsMessage(10, 1, [uint(302, id)], uint(34, rate))
    assert.deepEqual(await rates([sampler(1, 100), sampler(2, 100), recordMessage(version, 1), recordMessage(version, 2)]), [
      '100',
      undefined
    ])
    assert.deepEqual(await rates([sampler(1, 100), sampler(2, 200), recordMessage(version, 1)]), [undefined])
    assert.deepEqual(await rates([sampler(1, 100), recordMessage(version, 1, uint(48, 2))], { rateOf: () => 5 }), ['5'])
  })

  test(`version ${version}: what is told of the exporter as a whole holds in every domain, behind what the domain tells`, async () => {
    const whole = optionsMessage(version, 6, [systemScope(version)], uint(34, 60))
    const domain = optionsMessage(version, 7, version === 9 ? [] : [uint(143, 1)], uint(34, 70))
    assert.deepEqual(await rates([whole, domain, recordMessage(version, 6), recordMessage(version, 7), recordMessage(version, 8)]), [
      '60',
      '70',
      '60'
    ])
  })

  test(`version ${version}: rates and names of another port serve one that told none, while nothing speaks against them`, async () => {
    const from = (srcPort: number, payload: Buffer): { payload: Buffer; srcPort: number } => ({ payload, srcPort })
    const rate = (value: number): Buffer => optionsMessage(version, 1, [systemScope(version)], uint(34, value))
    const record = recordMessage(version, 1)
    assert.deepEqual(await rates([from(1, rate(10)), from(2, record)]), ['10'])
    // the newest counts where the other has been silent since, none where both speak
    assert.deepEqual(await rates([from(1, rate(10)), from(2, rate(20)), from(3, record)]), ['20'])
    assert.deepEqual(await rates([from(1, rate(10)), from(2, rate(20)), from(1, record), from(2, record), from(3, record)]), [
      '10',
      '20',
      undefined
    ])
    assert.deepEqual(await rates([from(1, rate(10)), from(2, rate(10)), from(1, record), from(3, record)]), ['10', '10'])
  })
}

test('IPFIX: interfaces of every kind are scopes', async () => {
  for (const id of [10, 14, 252, 253]) {
    assert.deepEqual(
      await rates([
        optionsMessage(10, 1, [uint(id, 7)], uint(34, 70)),
        recordMessage(10, 1, uint(10, 7)),
        recordMessage(10, 1, uint(252, 7)),
        recordMessage(10, 1, uint(10, 8))
      ]),
      ['70', '70', undefined],
      `element ${id}`
    )
  }
})

test('IPFIX: samplers and interfaces in variable length', async () => {
  assert.deepEqual(
    await rates([optionsMessage(10, 1, [vary(uint(302, 5, 2))], vary(uint(34, 70, 2))), recordMessage(10, 1, vary(uint(302, 5, 8)))]),
    ['70']
  )
  await assertFlow(10, [vary(uint(305, 1, 1)), vary(uint(306, 9, 2), 'long')], { sampling_rate: '10' })
  await assertFlow(10, [PROTO, vary(raw(34, '')), vary(uint(50, 6, 1))], { proto: 6, sampling_rate: '6' })
})

test('the user’s rate is for exporters that tell none, by their network', async () => {
  const rateOf = parseRates('1000, 192.0.2.0/24=100,192.0.2.128/25=200,2001:db8::/32=300,2001:db8:1::1=400')
  const from = (text: string) => ({ payload: recordMessage(9, 0), src: addr(0, text).bytes })
  assert.deepEqual(
    await rates(['198.51.100.1', '192.0.2.1', '192.0.2.200', '2001:db8::1', '2001:db8:1::1', '2001:db9::1'].map(from), { rateOf }),
    ['1000', '100', '200', '300', '400', '1000']
  )
  const mapped = Buffer.from('00000000000000000000ffffc0000201', 'hex')
  assert.deepEqual(await rates([{ payload: recordMessage(10, 0), src: mapped }], { rateOf }), ['100'])
})

test('the user’s rate is for versions 1, 5 and 7 too, where version 5’s header tells none', async () => {
  const options = { rateOf: () => 64 }
  assert.deepEqual(
    await rates(
      [v5({ version: 1 }, {}), v5({ version: 7 }, {}), v5({}, {}), v5({ sampling: 0x4000 }, {}), v5({ sampling: 0x400a }, {})],
      options
    ),
    ['64', '64', '64', '64', '10']
  )
})
