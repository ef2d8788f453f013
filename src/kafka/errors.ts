/** What kafkajs throws, in the operator's words. */
import { reasonOf } from '../cli/exit.js'
import { readableBroker } from './brokers.js'

/** The parts of kafkajs' errors that distinguish them; Kafka's own errors have a `type`. */
interface KafkaError extends Error {
  type?: string
  code?: string | number
  broker?: string
  host?: string
  port?: number
}

/** What an error is about, under the wrappers that retrying puts around it. */
function rootOf(error: unknown): KafkaError {
  let root = error
  while (root instanceof Error && root.cause instanceof Error) root = root.cause
  return root as KafkaError
}

/** Kafka's name for the error, as `MESSAGE_TOO_LARGE`; undefined where it came from elsewhere. */
export function errorType(error: unknown): string | undefined {
  return rootOf(error).type
}

const CLOSED = 'it closed the connection: is -tls or -sasl missing, or too much?'
const REASONS: Partial<Record<string, string>> = {
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name server does not answer',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ECONNRESET: CLOSED,
  UNKNOWN_TOPIC_OR_PARTITION: 'no such topic',
  TOPIC_AUTHORIZATION_FAILED: 'the broker does not allow this user the topic',
  GROUP_AUTHORIZATION_FAILED: 'the broker does not allow this user the group'
}

/** Why OpenSSL did not trust a broker, by Node's codes. */
const DISTRUST: Partial<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'is signed by an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT: 'is signed by an authority that is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'is signed by an authority that is not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'is signed by an authority that is not trusted',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'is signed by itself alone',
  CERT_SIGNATURE_FAILURE: 'is signed by an authority that is not trusted',
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet'
}

/** One clause: what went wrong, and at which broker where that is known. */
export function kafkaReason(error: unknown): string {
  const root = rootOf(error)
  const broker = brokerOf(error)
  return `${broker === undefined ? '' : `${broker}: `}${clauseOf(root)}`
}

function clauseOf(root: KafkaError): string {
  const code = String(root.code)
  if (root.name === 'KafkaJSSASLAuthenticationError')
    return `authentication refused: ${root.message.replace(/^SASL \S+ authentication failed: /, '')}`
  const distrust = DISTRUST[code]
  if (distrust !== undefined) return `its certificate ${distrust}: -tls.ca names the file of the authority`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `its certificate is for another name: ${root.message.replace(/^.*altnames: /, '')}`
  if (/wrong version number|packet length too long/.test(root.message)) return 'it does not speak TLS: leave out -tls, or take its TLS port'
  if (/alert .*certificate/.test(root.message)) return 'it does not take our certificate, or wants one: see -tls.client and -tls.key'
  if (root.name === 'KafkaJSConnectionClosedError') return CLOSED
  if (root.name === 'KafkaJSConnectionError' && root.message === 'Connection timeout') return 'no answer'
  return REASONS[root.type ?? code] ?? reasonOf(root).replace(/^Connection error: /, '')
}

/** The broker that an error is about. */
export function brokerOf(error: unknown): string | undefined {
  for (let at = error as KafkaError | undefined; at instanceof Error; at = at.cause as KafkaError | undefined) {
    if (at.broker !== undefined) return readableBroker(at.broker)
    if (at.host !== undefined && at.port !== undefined) return `${at.host}:${at.port}`
  }
  return undefined
}

/** What waiting does not mend: the user has to. */
export function isRefusal(error: unknown): boolean {
  const root = rootOf(error)
  const code = String(root.code)
  return (
    root.name === 'KafkaJSSASLAuthenticationError' ||
    DISTRUST[code] !== undefined ||
    code === 'ERR_TLS_CERT_ALTNAME_INVALID' ||
    /wrong version number|packet length too long|alert .*certificate/.test(root.message) ||
    /_AUTHORIZATION_FAILED$|^INVALID_TOPIC_EXCEPTION$|^INVALID_GROUP_ID$/.test(root.type ?? '')
  )
}
