/** TLS and SASL: the options and the environment as kafkajs takes them. */
import type { ConnectionOptions } from 'node:tls'
import type { KafkaConfig } from 'kafkajs'
import { EXIT, reasonOf, UserError } from '../cli/exit.js'
import { readGiven } from '../cli/givenfile.js'
import { tls } from '../flow/lazy.js'

export const SASL_MECHANISMS = ['none', 'plain', 'scram-sha256', 'scram-sha512'] as const

export interface SecurityOptions {
  tls?: boolean
  'tls.ca'?: string
  'tls.client'?: string
  'tls.key'?: string
  'tls.insecure'?: boolean
  sasl: (typeof SASL_MECHANISMS)[number]
}

/** Throws UserError: 64 and 78 for what does not go together, 66 for a file that cannot be read. */
export function securityConfig(options: SecurityOptions, env: NodeJS.ProcessEnv): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  const ssl = tlsConfig(options)
  const sasl = saslConfig(options, env)
  return { ...(ssl === undefined ? {} : { ssl }), ...(sasl === undefined ? {} : { sasl }) }
}

/** TLS where any of its options is given; the certificate authorities of the system without `-tls.ca`. */
function tlsConfig(options: SecurityOptions): ConnectionOptions | undefined {
  const { 'tls.ca': ca, 'tls.client': client, 'tls.key': key, 'tls.insecure': insecure } = options
  if (options.tls !== true && ca === undefined && client === undefined && key === undefined && insecure !== true) return undefined
  if ((client === undefined) !== (key === undefined)) {
    const [given, missing] = key === undefined ? ['client', 'key'] : ['key', 'client']
    throw new UserError(EXIT.usage, `-tls.${given} needs -tls.${missing} as well: a client certificate is a pair of files`)
  }
  const config: ConnectionOptions = {
    ...(ca === undefined ? {} : { ca: pemFile('ca', ca) }),
    ...(client === undefined || key === undefined ? {} : { cert: pemFile('client', client), key: pemFile('key', key) }),
    ...(insecure === true ? { rejectUnauthorized: false } : {})
  }
  try {
    tls().createSecureContext(config)
  } catch (error) {
    const files = [client, key].filter((file) => file !== undefined)
    throw new UserError(EXIT.badConfig, `TLS: ${files.length === 0 ? '-tls.ca' : files.join(' and ')}: ${opensslReason(error)}`)
  }
  return config
}

function pemFile(option: string, file: string): Buffer {
  const pem = readGiven(file, `-tls.${option} ${file}`)
  // of a CA without one, OpenSSL would say nothing and trust nobody
  if (!pem.includes('-----BEGIN ')) throw new UserError(EXIT.badConfig, `-tls.${option} ${file}: no PEM file`)
  return pem
}

/** `error:05800074:x509 certificate routines::key values mismatch` → `key values mismatch` */
function opensslReason(error: unknown): string {
  return reasonOf(error).replace(/^error:.*:/, '')
}

function saslConfig({ sasl }: SecurityOptions, env: NodeJS.ProcessEnv): KafkaConfig['sasl'] {
  if (sasl === 'none') return undefined
  const { KAFKA_SASL_USER: username, KAFKA_SASL_PASS: password } = env
  if (username === undefined || username === '' || password === undefined || password === '') {
    throw new UserError(
      EXIT.badConfig,
      `-sasl ${sasl} takes user and password from the environment: set KAFKA_SASL_USER and KAFKA_SASL_PASS`
    )
  }
  switch (sasl) {
    case 'plain':
      return { mechanism: 'plain', username, password }
    case 'scram-sha256':
      return { mechanism: 'scram-sha-256', username, password }
    case 'scram-sha512':
      return { mechanism: 'scram-sha-512', username, password }
  }
}
