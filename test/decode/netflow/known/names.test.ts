/** Names of interfaces, VRFs and applications, which options data tells. */
import assert from 'node:assert/strict'
import test from 'node:test'
import { type Flow, readFlows } from '../../../support/datagram-stream.js'
import { decode, openDecoder, streamOf } from '../../../support/decode.js'
import {
  type Element,
  message,
  optionsMessage,
  optionsTemplateSet,
  raw,
  recordMessage,
  recordOf,
  systemScope,
  text,
  uint,
  vary,
  VERSIONS
} from '../../../support/records.js'
import { set } from '../../../support/build-netflow.js'

const NAMES = ['in_if_name', 'out_if_name', 'ingress_vrf_name', 'egress_vrf_name', 'application_name']

/** The names in each of the flows that come of these datagrams. */
async function names(...datagrams: Parameters<typeof decode>[0]): Promise<Flow[]> {
  const { flows } = await decode(datagrams)
  return flows.map((each) => Object.fromEntries(Object.entries(each).filter(([key]) => NAMES.includes(key))))
}

for (const version of VERSIONS) {
  test(`version ${version}: an interface is named by 82, else 83, beside any element that numbers it`, async () => {
    const record = recordMessage(version, 1, uint(10, 7), uint(14, 8))
    for (const id of [10, 14, 252, 253]) {
      const seven = optionsMessage(version, 1, [systemScope(version)], uint(id, 7), text(82, 'ge-0/0/7', 16))
      const eight = optionsMessage(version, 1, [systemScope(version)], text(83, 'to the customer'), uint(id, 8, 2))
      assert.deepEqual(await names(seven, eight, record), [{ in_if_name: 'ge-0/0/7', out_if_name: 'to the customer' }], `element ${id}`)
    }
    const bothTexts = optionsMessage(version, 1, [systemScope(version)], text(83, 'description', 20), uint(10, 7), text(82, 'name', 20))
    assert.deepEqual(await names(bothTexts, record), [{ in_if_name: 'name' }])
    const noName = optionsMessage(version, 1, [systemScope(version)], text(83, 'description', 20), uint(10, 7), raw(82, '00'.repeat(8)))
    assert.deepEqual(await names(noName, record), [{ in_if_name: 'description' }])
  })

  test(`version ${version}: an interface in the scope`, async () => {
    const scope = version === 9 ? 2 : 10
    assert.deepEqual(
      await names(optionsMessage(version, 1, [uint(scope, 7)], text(82, 'xe-7')), recordMessage(version, 1, uint(10, 7), uint(14, 7))),
      [{ in_if_name: 'xe-7', out_if_name: 'xe-7' }]
    )
    assert.deepEqual(
      await names(
        optionsMessage(version, 1, [systemScope(version), uint(scope, 7, 8)], text(82, 'xe-7')),
        recordMessage(version, 1, uint(14, 7))
      ),
      [{ out_if_name: 'xe-7' }]
    )
  })

  test(`version ${version}: the name is that of the interface the flow has`, async () => {
    const named = [
      optionsMessage(version, 1, [systemScope(version)], uint(10, 7), text(82, 'seven')),
      optionsMessage(version, 1, [systemScope(version)], uint(10, 8), text(82, 'eight'))
    ]
    assert.deepEqual(
      await names(
        ...named,
        recordMessage(version, 1, uint(252, 7)),
        recordMessage(version, 1, uint(10, 8), uint(252, 7)),
        recordMessage(version, 1, uint(10, 0), uint(252, 7)),
        recordMessage(version, 1, uint(10, 9), uint(252, 7), uint(253, 8, 8))
      ),
      [{ in_if_name: 'seven' }, { in_if_name: 'eight' }, { in_if_name: 'seven' }, { out_if_name: 'eight' }]
    )
  })

  test(`version ${version}: VRFs and applications`, async () => {
    const vrfs = [
      optionsMessage(version, 1, [systemScope(version)], uint(234, 1), text(236, 'red', 32)),
      optionsMessage(version, 1, [systemScope(version)], uint(235, 2), text(236, 'blue', 32))
    ]
    assert.deepEqual(
      await names(
        ...vrfs,
        recordMessage(version, 1, uint(234, 1), uint(235, 2)),
        recordMessage(version, 1, uint(234, 2), uint(235, 1)),
        recordMessage(version, 1, uint(234, 3))
      ),
      [{ ingress_vrf_name: 'red', egress_vrf_name: 'blue' }, { ingress_vrf_name: 'blue', egress_vrf_name: 'red' }, {}]
    )
    const applications = [
      optionsMessage(version, 1, [systemScope(version)], raw(95, '03000050'), text(96, 'http', 24)),
      optionsMessage(version, 1, [systemScope(version)], raw(95, '0d000001 02030405'), text(96, 'unknown'))
    ]
    assert.deepEqual(
      await names(...applications, recordMessage(version, 1, raw(95, '03000050')), recordMessage(version, 1, raw(95, '0d00000102030405'))),
      [{ application_name: 'http' }, { application_name: 'unknown' }]
    )
  })

  test(`version ${version}: names are looked up in the domain, then in any of the exporter's`, async () => {
    const one = optionsMessage(version, 1, [systemScope(version)], uint(10, 7), text(82, 'of one'))
    const two = optionsMessage(version, 2, [systemScope(version)], uint(10, 7), text(82, 'of two'))
    const records = [1, 2, 3].map((domain) => recordMessage(version, domain, uint(10, 7)))
    assert.deepEqual(await names(one, two, ...records), [{ in_if_name: 'of one' }, { in_if_name: 'of two' }, { in_if_name: 'of two' }])
    assert.deepEqual(await names(one, ...records), [{ in_if_name: 'of one' }, { in_if_name: 'of one' }, { in_if_name: 'of one' }])
    assert.deepEqual(await names(one, { payload: records[0], src: Buffer.from([203, 0, 113, 5]) }), [{}])
  })

  test(`version ${version}: names end at their padding, and are UTF-8 whatever was sent`, async () => {
    const cases: [Element, string | undefined][] = [
      [text(82, 'Gi0/1', 64), 'Gi0/1'],
      [text(82, '  Gi0/1  ', 12), 'Gi0/1'],
      [raw(82, '4769 0030 3100'), 'Gi'],
      [text(82, 'Zürich–Ost ☎', 32), 'Zürich–Ost ☎'],
      [raw(82, '61ff62c3'), 'a\ufffdb\ufffd'],
      [raw(82, 'eda080'), '\ufffd\ufffd\ufffd'],
      [raw(82, '00000000'), undefined],
      [raw(82, '20202020'), undefined],
      [text(82, 'x'.repeat(300)), 'x'.repeat(255)],
      [text(82, 'é'.repeat(200)), 'é'.repeat(127)],
      [text(82, `${'x'.repeat(254)}☎`), 'x'.repeat(254)]
    ]
    for (const [element, expected] of cases) {
      assert.deepEqual(
        await names(optionsMessage(version, 1, [systemScope(version)], uint(10, 7), element), recordMessage(version, 1, uint(10, 7))),
        [expected === undefined ? {} : { in_if_name: expected }]
      )
    }
  })

  test(`version ${version}: a name that is told anew replaces the old, an empty one does not`, async () => {
    const name = (words: string): Buffer => optionsMessage(version, 1, [systemScope(version)], uint(10, 7), text(82, words, 8))
    const record = recordMessage(version, 1, uint(10, 7))
    assert.deepEqual(await names(name('old'), record, name(''), record, name('new'), record), [
      { in_if_name: 'old' },
      { in_if_name: 'old' },
      { in_if_name: 'new' }
    ])
  })

  test(`version ${version}: names that come before or after their flows, and many in a set`, async () => {
    const template = optionsTemplateSet(version, 512, [systemScope(version)], [uint(10, 0), text(82, '', 8)])
    const records = Array.from({ length: 300 }, (_, i) => recordOf([systemScope(version), uint(10, i + 1), text(82, `if${i + 1}`, 8)]))
    const options = message(version, { domain: 1 }, template, set(512, ...records))
    assert.deepEqual(
      await names(recordMessage(version, 1, uint(10, 300)), options, recordMessage(version, 1, uint(10, 300), uint(14, 1))),
      [{}, { in_if_name: 'if300', out_if_name: 'if1' }]
    )
  })
}

test('version 9: scope types are a registry of their own, in which 2 is the interface', async () => {
  for (const scope of [1, 3, 4, 5, 10, 14, 252])
    assert.deepEqual(
      await names(optionsMessage(9, 1, [uint(scope, 7)], text(82, 'no')), recordMessage(9, 1, uint(10, 7))),
      [{}],
      `scope type ${scope}`
    )
  // as values they are elements again
  assert.deepEqual(await names(optionsMessage(9, 1, [uint(1, 7)], uint(2, 7), text(82, 'no')), recordMessage(9, 1, uint(10, 7))), [{}])
  assert.deepEqual(await names(optionsMessage(9, 1, [uint(4, 1)], uint(14, 7), text(82, 'yes')), recordMessage(9, 1, uint(10, 7))), [
    { in_if_name: 'yes' }
  ])
})

test('IPFIX: 2 as a scope is no interface', async () => {
  assert.deepEqual(await names(optionsMessage(10, 1, [uint(2, 7)], text(82, 'no')), recordMessage(10, 1, uint(10, 7))), [{}])
})

test('IPFIX: names of variable length, in either form, beside enterprise elements', async () => {
  for (const form of ['short', 'long'] as const) {
    const options = optionsMessage(
      10,
      1,
      [uint(10, 7)],
      { ...text(82, 'not this'), enterprise: 9 },
      vary({ ...uint(1, 1), enterprise: 9 }),
      vary(text(82, 'Ethernet7'), form)
    )
    assert.deepEqual(await names(options, recordMessage(10, 1, uint(10, 7))), [{ in_if_name: 'Ethernet7' }])
  }
  assert.deepEqual(await names(optionsMessage(10, 1, [uint(10, 7)], vary(text(82, ''))), recordMessage(10, 1, uint(10, 7))), [{}])
  assert.deepEqual(
    await names(optionsMessage(10, 1, [uint(10, 7)], vary(text(82, 'y'.repeat(60_000)))), recordMessage(10, 1, uint(10, 7))),
    [{ in_if_name: 'y'.repeat(255) }]
  )
})

test('IPFIX: a domain in the scope is whose names they are', async () => {
  const options = optionsMessage(10, 1, [uint(149, 5), uint(10, 7)], text(82, 'of five', 8))
  assert.deepEqual(
    await names(
      optionsMessage(10, 1, [uint(10, 7)], text(82, 'of one', 8)),
      options,
      recordMessage(10, 5, uint(10, 7)),
      recordMessage(10, 1, uint(10, 7))
    ),
    [{ in_if_name: 'of five' }, { in_if_name: 'of one' }]
  )
})

test('a name without a number, a number without a name, and numbers too long say nothing', async () => {
  for (const version of VERSIONS) {
    assert.deepEqual(
      await names(
        optionsMessage(version, 1, [systemScope(version)], text(82, 'lonely')),
        recordMessage(version, 1, uint(10, 7), uint(14, 0))
      ),
      [{}]
    )
    assert.deepEqual(
      await names(
        optionsMessage(version, 1, [systemScope(version)], uint(10, 7), uint(234, 1)),
        recordMessage(version, 1, uint(10, 7), uint(234, 1))
      ),
      [{}]
    )
    assert.deepEqual(
      await names(
        optionsMessage(version, 1, [systemScope(version)], raw(10, '00'.repeat(8) + '07'), text(82, 'no')),
        recordMessage(version, 1, uint(10, 7))
      ),
      [{}]
    )
  }
})

test('the names that are kept of an exporter are bounded, over all its domains', async () => {
  const template = optionsTemplateSet(10, 512, [uint(10, 0)], [text(82, '', 7)])
  const nameSets = (domain: number, from: number, count: number): Buffer[] => {
    const datagrams: Buffer[] = []
    for (let i = from; i < from + count; i += 4000) {
      const records = Array.from({ length: Math.min(4000, from + count - i) }, (_, j) =>
        recordOf([uint(10, i + j), text(82, `n${i + j}`, 7)])
      )
      datagrams.push(message(10, { domain }, template, set(512, ...records)))
    }
    return datagrams
  }
  const { flows, decoder } = await decode([
    ...nameSets(1, 1, 50_000),
    ...nameSets(2, 1, 50_000),
    ...nameSets(3, 1, 4000),
    ...[1, 2, 3].map((domain) => recordMessage(10, domain, uint(10, 1), uint(14, 50_000)))
  ])
  // the newest are there: domain 3's first, and domain 2's last; what was sent first is gone
  assert.equal(flows[2].in_if_name, 'n1')
  assert.equal(flows[1].out_if_name, 'n50000')
  assert.equal(flows[0].in_if_name, 'n1') // not domain 1's any more, but domain 3's
  let kept = 0
  for (const exporter of decoder.exporters.all()) {
    for (const { domains, names: ofPort } of exporter.ports.values()) {
      for (const { names } of domains.values()) kept += names.interfaces.size
      assert(ofPort.interfaces.size <= kept)
    }
  }
  assert(kept > 50_000 && kept < 80_000, `${kept} names kept`)
})

for (const version of VERSIONS) {
  test(`version ${version}: the description of an interface beside its name, at either end`, async () => {
    const options = optionsMessage(version, 1, [systemScope(version)], uint(10, 7), text(82, 'ge-0/0/7'), text(83, 'transit: é', 20))
    const again = optionsMessage(version, 1, [systemScope(version)], uint(10, 7), text(82, 'ge-0/0/7'), text(83, 'peering', 20))
    const fields = ['in_if_name', 'out_if_name', 'in_if_description', 'out_if_description']
    const of = async (...datagrams: Buffer[]): Promise<Record<string, unknown>[]> =>
      (await decode(datagrams)).flows.map((each) => Object.fromEntries(fields.map((field) => [field, each[field]])))
    const both = (name: string, about: string | undefined): Record<string, string | undefined> =>
      Object.fromEntries(fields.map((field) => [field, field.endsWith('name') ? name : about]))
    const record = recordMessage(version, 1, uint(10, 7), uint(14, 7))
    assert.deepEqual(await of(options, record, again, record), [both('ge-0/0/7', 'transit: é'), both('ge-0/0/7', 'peering')])
    // alone it is the name
    const alone = optionsMessage(version, 1, [systemScope(version)], uint(10, 7), text(83, 'peering'))
    assert.deepEqual(await of(alone, record), [both('peering', undefined)])
    const { decoder, push } = openDecoder()
    push(streamOf([options]))
    const restored = openDecoder()
    for (const each of JSON.parse(JSON.stringify([...decoder.state()])) as unknown[]) restored.decoder.restore(each)
    restored.push(streamOf([record]))
    const [after] = readFlows(await restored.taken())
    assert.deepEqual([after.in_if_name, after.in_if_description], ['ge-0/0/7', 'transit: é'])
  })
}
