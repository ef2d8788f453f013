/**
 * The build's first step, before tsc: parses proto/*.proto with protobufjs and writes
 *
 * - dist/proto/schema.json, which proto.ts reads: a start need not parse;
 * - src/flow/names.ts: the names of fields and layers as types, so that a misspelt one does not compile;
 * - src/flow/objects.ts: the messages as objects of a program, for src/library.
 *
 * Git ignores all three.
 *
 * A .proto file declares one message of a stream, its first; what follows it are messages in that one. No two of these share a field number: that is how a tool knows a stream.
 */
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
const PROTO = path.resolve(root, process.argv[2] ?? 'proto')
const SCHEMA = path.join(root, 'dist/proto/schema.json')
const NAMES = path.join(root, 'src/flow/names.ts')
const OBJECTS = path.join(root, 'src/flow/objects.ts')

/** The message of a stream. */
function compile(file) {
  const parsed = protobuf.parse(fs.readFileSync(path.join(PROTO, file), 'utf8'), { keepCase: true }).root.resolveAll()
  const type = parsed.lookup('flowpb').nestedArray.find((nested) => nested instanceof protobuf.Type)
  return { file, name: type.name, fields: fieldsOf(type) }
}

/** The fields of a message, and of the messages in it, in the file's own order, which fieldsArray keeps. */
function fieldsOf(type) {
  return type.fieldsArray.map(({ name, id, type: word, repeated, resolvedType }) => ({
    name,
    number: id,
    type: resolvedType instanceof protobuf.Enum ? 'enum' : resolvedType instanceof protobuf.Type ? 'message' : word,
    repeated,
    ...(resolvedType instanceof protobuf.Enum ? { values: resolvedType.values } : {}),
    ...(resolvedType instanceof protobuf.Type ? { fields: fieldsOf(resolvedType) } : {})
  }))
}

function refuseSharedNumbers(messages) {
  const holders = new Map()
  for (const { file, name, fields } of messages) {
    for (const field of fields) {
      const holder = holders.get(field.number)
      if (holder !== undefined) throw new Error(`${file}: number ${field.number} of ${name}.${field.name} is ${holder} already`)
      holders.set(field.number, `${name}.${field.name}`)
    }
  }
}

const union = (type, names) => `export type ${type} =\n${names.map((name) => `  | '${name}'`).join('\n')}\n`

/** A message as an object of a program: what is 64 bits wide is a bigint. */
const OBJECT_TYPES = { uint32: 'number', uint64: 'bigint', bytes: 'Uint8Array', string: 'string', enum: 'string | number' }
function objectType({ name, fields }) {
  const member = ({ name, type, repeated }) => `  ${name}?: ${repeated ? `(${OBJECT_TYPES[type]})[]` : OBJECT_TYPES[type]}`
  return `export interface ${name}Object {\n${fields.map(member).join('\n')}\n}\n`
}

const messages = fs
  .readdirSync(PROTO)
  .filter((file) => file.endsWith('.proto'))
  .sort()
  .map(compile)
refuseSharedNumbers(messages)
const flow = messages.find(({ name }) => name === 'FlowMessage').fields
const layers = Object.keys(flow.find(({ name }) => name === 'layer_stack').values)

fs.mkdirSync(path.dirname(SCHEMA), { recursive: true })
fs.writeFileSync(SCHEMA, JSON.stringify(Object.fromEntries(messages.map(({ name, fields }) => [name, fields]))))

const HEAD = '/** Written by compile-proto.mjs out of proto/: no file to edit. */\n'
fs.writeFileSync(
  NAMES,
  [
    HEAD,
    ...messages.flatMap(({ name, fields }) => [
      `/** A field of ${name}. */`,
      union(
        name === 'FlowMessage' ? 'FieldName' : `${name}FieldName`,
        fields.map((field) => field.name)
      )
    ]),
    "/** A value of FlowMessage's LayerStack. */",
    union('StackName', layers)
  ].join('\n')
)
fs.writeFileSync(
  OBJECTS,
  [
    HEAD,
    ...messages
      .filter(({ fields }) => fields.every(({ type }) => type in OBJECT_TYPES))
      .flatMap((message) => [
        `/** ${message.name} with the fields that are set; an enum's value is its name, or its number where it has none. */`,
        objectType(message)
      ])
  ].join('\n')
)
