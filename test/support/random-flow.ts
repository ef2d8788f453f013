/** Random FlowMessages, with fields that the schema does not have, written and read by protobufjs: an oracle for what carries them on. */
import path from 'node:path'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { ROOT } from './tools.js'

/** FlowMessage as proto/ has it, strings as their bytes, and a few fields that only a newer tool would know. */
function widerType(): protobuf.Type {
  const root = new protobuf.Root().loadSync(path.join(ROOT, 'proto/flow.proto'), { keepCase: true })
  const type = root.lookupType('flowpb.FlowMessage')
  for (const field of type.fieldsArray) if (field.type === 'string') field.type = 'bytes'
  type.add(new protobuf.Field('new_number', 5000, 'uint64'))
  type.add(new protobuf.Field('new_bytes', 5001, 'bytes', 'repeated'))
  type.add(new protobuf.Field('new_fixed', 5002, 'fixed64'))
  type.add(new protobuf.Field('new_float', 20_000, 'float'))
  root.resolveAll()
  return type
}

const WIDER = widerType()

function anyValue({ type, name, resolvedType }: protobuf.Field): fc.Arbitrary<unknown> {
  const word = fc.oneof(fc.nat(3), fc.nat(0xffff), fc.integer({ min: 0, max: 0xffffffff }))
  if (resolvedType instanceof protobuf.Enum) return fc.oneof(fc.constantFrom(...Object.values(resolvedType.values)), fc.integer())
  if (type === 'uint32') return word
  if (type === 'float') return fc.nat(1000)
  if (type === 'bytes' && /addr|hop|mpls_ip/.test(name)) {
    const sized = (size: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: size, maxLength: size })
    const mapped = sized(4).map((tail) => Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...tail]))
    return fc.oneof(
      sized(4),
      sized(16),
      sized(16).map((bytes) => bytes.fill(0, 2, 9)),
      mapped,
      fc.uint8Array({ maxLength: 20 })
    )
  }
  if (type === 'bytes') {
    const names = fc
      .constantFrom('', 'ge-0/0/1', 'DE', 'Zürich', '\u0000', '\ufffd', 'a"b')
      .map((text) => new Uint8Array(Buffer.from(text)))
    return fc.oneof(names, fc.uint8Array({ maxLength: 12 }))
  }
  return fc.oneof(word, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map(String)
}

/** The message of these fields. */
export const encodeFlow = (flow: Record<string, unknown>): Buffer => Buffer.from(WIDER.encode(WIDER.fromObject(flow)).finish())

/** A message's bytes: up to a dozen fields. */
export const anyFlow: fc.Arbitrary<Buffer> = fc
  .uniqueArray(
    fc.constantFrom(...WIDER.fieldsArray).chain((field) => {
      const value = field.repeated ? fc.array(anyValue(field), { maxLength: 4 }) : anyValue(field)
      return value.map((one) => [field.name, one] as const)
    }),
    { maxLength: 12, selector: ([name]) => name }
  )
  .map((entries) => encodeFlow(Object.fromEntries(entries)))

/** What a message says, to be compared: fields that are neither zero nor empty. */
export function flowOf(message: Uint8Array): Record<string, unknown> {
  const said = WIDER.toObject(WIDER.decode(message), { longs: String, bytes: String })
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== 0 && value !== '0' && value !== ''))
}
