import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Config } from '../config.ts'
import { asError } from '../errors.ts'
import { type Finding, findingsAbout } from './finding.ts'

const DAY_MS = 86_400_000
/** Renewals that work have been made long before this. */
const SOON_MS = 10 * DAY_MS

const certificate = findingsAbout('certificate')

/** The one that the HTTP door shows. */
export async function lookAtCertificate({ http }: Config, nowMs: number): Promise<Finding[]> {
  const { tls_cert, tls_key } = http
  if (tls_cert === undefined || tls_key === undefined) return []
  try {
    const shown = new X509Certificate(await readFile(tls_cert))
    if (!shown.checkPrivateKey(createPrivateKey(await readFile(tls_key)))) {
      return [certificate.wrong('[http] tls_key is not the key of tls_cert.', 'Name the two files of one certificate.')]
    }
    const untilMs = Date.parse(shown.validTo)
    const until = new Date(untilMs).toISOString().slice(0, 10)
    if (untilMs - SOON_MS > nowMs) return [certificate.well(`It is good until ${until}.`)]
    return [certificate.wrong(`It ${untilMs <= nowMs ? 'has ended' : 'ends'} on ${until}.`, `Renew ${tls_cert}.`)]
  } catch (thrown) {
    const says = `${tls_cert} or ${tls_key} cannot be read: ${asError(thrown).message}`
    return [certificate.wrong(says, 'Both are PEM files that the service may read.')]
  }
}
