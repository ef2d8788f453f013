/** Rows of the field table: what only flow-agg's messages have. */
import type { Row } from './row.js'
import type { FieldName } from '../flow/names.js'

export const AGGREGATES = {
  flows: { kind: 'counter', about: 'flows that the message stands for; absent: one', header: 'flows', biflow: 'keep' },
  distinct: { kind: 'counter', about: 'different values that flow-agg -distinct counted', header: 'distinct', biflow: 'keep' },
  groups: { kind: 'counter', about: 'groups that a rest message sums; absent in any other', header: 'groups', biflow: 'keep' },
  total: { kind: 'counter', about: "the window's total of what groups are ordered by", header: 'total', biflow: 'keep' },
  total_of: { kind: 'enum', about: 'what the total is of', header: 'of', biflow: 'keep' },
  addr: { kind: 'address', about: 'address of either end', header: 'addr', words: ['host'], biflow: 'keep' },
  port: { kind: 'port', about: 'port of either end', header: 'port', words: ['port'], biflow: 'keep' },
  as_number: { kind: 'as', about: 'AS number of either end', header: 'as', words: ['as'], biflow: 'keep' },
  country: { kind: 'country', about: 'country of either end', header: 'cc', words: ['country'], biflow: 'keep' },
  interface: { kind: 'interface', about: 'interface (SNMP ifIndex), input or output', header: 'if', words: ['if'], biflow: 'keep' },
  mac: { kind: 'mac', about: 'MAC address of either end', header: 'mac', words: ['mac'], biflow: 'keep' },
  network: { kind: 'text', about: 'network of either end: its name', header: 'network', words: ['network'], biflow: 'keep' },
  addr_net: { kind: 'prefix', about: 'prefix length of addr', header: 'net', of: 'addr', biflow: 'keep' }
} satisfies Partial<Record<FieldName, Row>>
