/** flow-agg's messages: the rows of the fields that only they have, and which of all are no keys. */
import type { Row } from './row.js'
import type { FieldName } from '../flow/names.js'

/** The fields of an aggregate that are no keys of its group. */
export const SUMS: readonly FieldName[] = [
  'flows',
  'bytes',
  'packets',
  'time_flow_start_ns',
  'time_flow_end_ns',
  'time_received_ns',
  'distinct',
  'total',
  'total_of',
  'total_id',
  'groups'
]

export const AGGREGATES = {
  flows: { kind: 'counter', about: 'flows that the message stands for; absent: one', biflow: 'keep' },
  distinct: { kind: 'counter', about: 'different values that flow-agg -distinct counted', biflow: 'keep' },
  groups: { kind: 'counter', about: 'groups that a rest message sums; absent in any other', biflow: 'keep' },
  total: { kind: 'counter', about: "the window's total of what groups are ordered by", biflow: 'keep' },
  total_of: { kind: 'enum', about: 'what the total is of', biflow: 'keep' },
  total_id: { kind: 'number', about: 'the same in groups that have one total between them', biflow: 'keep' },
  addr: { kind: 'address', about: 'address of either end', words: ['host'], biflow: 'keep' },
  port: { kind: 'port', about: 'port of either end', words: ['port'], biflow: 'keep' },
  as_number: { kind: 'as', about: 'AS number of either end', words: ['as'], biflow: 'keep' },
  country: { kind: 'country', about: 'country of either end', words: ['country'], biflow: 'keep' },
  interface: { kind: 'interface', about: 'interface (SNMP ifIndex), input or output', words: ['if'], biflow: 'keep' },
  mac: { kind: 'mac', about: 'MAC address of either end', words: ['mac'], biflow: 'keep' },
  network: { kind: 'text', about: 'network of either end: its name', words: ['network'], biflow: 'keep' },
  addr_net: { kind: 'prefix', about: 'prefix length of addr', of: 'addr', words: ['prefix'], biflow: 'keep' }
} satisfies Partial<Record<FieldName, Row>>
