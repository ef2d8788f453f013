import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import test, { after, before } from 'node:test'
import { UserError } from '../../src/cli/exit.js'
import { securityConfig, type SecurityOptions } from '../../src/kafka/security.js'
import { type Certificates, makeCertificates } from '../support/certificates.js'

let folder: string
let certificates: Certificates
before(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'flow-kafka-security-'))
  certificates = makeCertificates(folder)
})
after(() => {
  fs.rmSync(folder, { recursive: true })
})

const config = (options: Partial<SecurityOptions>, env: NodeJS.ProcessEnv = {}): ReturnType<typeof securityConfig> =>
  securityConfig({ sasl: 'none', ...options }, env)

function refused(options: Partial<SecurityOptions>, code: number, message: RegExp, env: NodeJS.ProcessEnv = {}): void {
  assert.throws(
    () => config(options, env),
    (error: unknown) => {
      assert.ok(error instanceof UserError)
      assert.match(error.message, message)
      assert.doesNotMatch(error.message, /\n/)
      return error.exitCode === code
    }
  )
}

test('no TLS and no SASL without their options', () => {
  assert.deepEqual(config({}), {})
})

test('TLS with the system’s authorities, with a file’s, with none', () => {
  assert.deepEqual(config({ tls: true }), { ssl: {} })
  assert.deepEqual(config({ 'tls.ca': certificates.ca }), { ssl: { ca: fs.readFileSync(certificates.ca) } })
  assert.deepEqual(config({ tls: true, 'tls.insecure': true }), { ssl: { rejectUnauthorized: false } })
})

test('a client certificate is a pair of files that belong together', () => {
  const { client, clientKey, ca } = certificates
  const { ssl } = config({ 'tls.client': client, 'tls.key': clientKey })
  assert.deepEqual(ssl, { cert: fs.readFileSync(client), key: fs.readFileSync(clientKey) })
  refused({ 'tls.client': client }, 64, /-tls\.client needs -tls\.key/)
  refused({ 'tls.key': clientKey }, 64, /-tls\.key needs -tls\.client/)
  refused({ 'tls.client': ca, 'tls.key': clientKey }, 78, /client\.key: .*mismatch/)
})

test('a file that cannot be read or is no PEM is named', () => {
  refused({ 'tls.ca': '/nonexistent/ca.pem' }, 66, /^-tls\.ca \/nonexistent\/ca\.pem: no such file$/)
  const nonsense = path.join(folder, 'nonsense')
  fs.writeFileSync(nonsense, 'no certificate')
  refused({ 'tls.ca': nonsense }, 78, /nonsense: no PEM file/)
})

test('SASL takes user and password from the environment', () => {
  const env = { KAFKA_SASL_USER: 'u', KAFKA_SASL_PASS: 'p' }
  assert.deepEqual(config({ sasl: 'plain' }, env), { sasl: { mechanism: 'plain', username: 'u', password: 'p' } })
  assert.deepEqual(config({ sasl: 'scram-sha256' }, env), { sasl: { mechanism: 'scram-sha-256', username: 'u', password: 'p' } })
  assert.deepEqual(config({ sasl: 'scram-sha512' }, env), { sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'p' } })
  refused({ sasl: 'plain' }, 78, /KAFKA_SASL_USER and KAFKA_SASL_PASS/, { KAFKA_SASL_USER: 'u' })
})
