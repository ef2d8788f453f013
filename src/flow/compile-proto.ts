/** Part of the build: parses proto/*.proto with protobufjs and writes what proto.ts reads to dist/proto/schema.json. */
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'
import type { CompiledField, CompiledSchemas, FieldType } from './proto.js'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..')
const target = path.join(root, 'dist/proto')

function compile(file: string, message: string): CompiledField[] {
  const parsed = protobuf.parse(fs.readFileSync(path.join(root, 'proto', file), 'utf8'), { keepCase: true }).root
  const type = parsed.resolveAll().lookupType(`flowpb.${message}`)
  // the file's own order, which fieldsArray keeps
  return type.fieldsArray.map((field) => ({
    name: field.name,
    number: field.id,
    type: field.resolvedType instanceof protobuf.Enum ? 'enum' : (field.type as FieldType),
    repeated: field.repeated,
    ...(field.resolvedType instanceof protobuf.Enum ? { values: field.resolvedType.values } : {})
  }))
}

const schemas: CompiledSchemas = {
  FlowMessage: compile('flow.proto', 'FlowMessage'),
  Datagram: compile('datagram.proto', 'Datagram')
}
fs.mkdirSync(target, { recursive: true })
fs.writeFileSync(path.join(target, 'schema.json'), JSON.stringify(schemas))
