/** A certificate authority, a server's and a client's certificate of it, and another authority that knows nobody: made with openssl when a test runs. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

/** Paths of PEM files. */
export interface Certificates {
  ca: string
  /** an authority that signed none of these */
  otherCa: string
  /** the server's key with its certificate; names localhost and 127.0.0.1 */
  serverKeyStore: string
  client: string
  clientKey: string
}

export function makeCertificates(folder: string): Certificates {
  const at = (name: string): string => path.join(folder, name)
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  }
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  for (const name of ['ca', 'other-ca']) {
    openssl('req', '-x509', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '2', '-subj', `/CN=test ${name}`)
  }
  for (const [name, extension] of [
    ['server', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ['client', 'extendedKeyUsage=clientAuth']
  ]) {
    fs.writeFileSync(at(`${name}.ext`), `${extension}\n`)
    openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      `${name}.ext`,
      '-out',
      `${name}.pem`
    )
  }
  fs.writeFileSync(at('server-store.pem'), fs.readFileSync(at('server.key'), 'utf8') + fs.readFileSync(at('server.pem'), 'utf8'))
  return {
    ca: at('ca.pem'),
    otherCa: at('other-ca.pem'),
    serverKeyStore: at('server-store.pem'),
    client: at('client.pem'),
    clientKey: at('client.key')
  }
}
