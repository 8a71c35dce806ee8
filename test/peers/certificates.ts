import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** A small certificate authority in a folder, by openssl. */
export function makeAuthority(folder: string, address = '127.0.0.1') {
  const at = (file: string) => join(folder, file)
  const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'pipe' })
  openssl('req', '-x509', ...EC, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', '/CN=test-ca')
  writeFileSync(at('names'), `subjectAltName=IP:${address}`)

  /** Paths of a key and a certificate for `name` on the address; negative `days` make one that has expired. */
  function issue(name: string, days = 2): { key: string; cert: string } {
    const key = at(`${name}.key`)
    const cert = at(`${name}.pem`)
    openssl('req', ...EC, '-keyout', key, '-out', at('request'), '-subj', `/CN=${name}`)
    const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial']
    openssl(
      'x509',
      '-req',
      '-in',
      at('request'),
      ...signed,
      '-days',
      String(days),
      '-extfile',
      at('names'),
      '-out',
      cert,
    )
    return { key, cert }
  }
  return { ca: at('ca.pem'), issue }
}
