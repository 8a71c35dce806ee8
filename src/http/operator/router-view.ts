import { X509Certificate } from 'node:crypto'
import * as z from 'zod'
import type { RouterRow } from '../../routers/router-table.ts'
import { type ProbeRow, probeOf } from '../../routers/watch/probes.ts'
import { reachOf } from '../../routers/watch/reach-table.ts'
import type { Db } from '../../store/database.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'

const probeAnswer = z.object({
  state: z.enum(['looking', 'found', 'given-up']),
  reason: z.string().nullable(),
  identity: z.string().nullable(),
  device_mode: z.unknown(),
  packages: z.array(z.unknown()),
})

export const routerAnswer = z.object({
  id: z.int(),
  name: z.string(),
  status: z.enum(['pending', 'adopted', 'failed']).meta({ description: 'How far it is set up.' }),
  online: z.boolean().nullable(),
  offline_reason: z.string().nullable(),
  last_seen_at: isoTimeField.nullable(),
  probe: probeAnswer.nullable(),
  advice: z.array(z.unknown()),
  address: z.string().nullable(),
  api_port: z.int(),
  api_tls: z.boolean(),
  api_username: z.string(),
  certificate_sha256: z
    .string()
    .nullable()
    .meta({ description: 'Of the certificate that its API must show; null: whatever it shows.' }),
  coa_port: z.int(),
  access_mode: z.enum(['radius', 'local']),
  input_octets: z.enum(['upload', 'download']).nullable(),
  require_message_authenticator: z
    .enum(['auto', 'yes', 'no'])
    .nullable()
    .meta({ description: 'Of its Access-Requests; null: as `[radius] require_message_authenticator` says.' }),
  signs_since: isoTimeField
    .nullable()
    .meta({ description: 'Its first request with one: `auto` demands it from then on.' }),
  model: z.string().nullable(),
  version: z.string().nullable(),
  serial: z.string().nullable(),
  adopt_token_expires_at: isoTimeField.nullable(),
  created_at: isoTimeField,
})

/** Never its passwords: they are in the script, for those who may have it. */
export function routerView(db: Db, router: RouterRow): z.infer<typeof routerAnswer> {
  const reach = reachOf(db, router.id)
  const probe = probeOf(db, router.id)
  return {
    id: router.id,
    name: router.name,
    status: router.status,
    online: reach === undefined ? null : reach.online === 1,
    offline_reason: reach?.reason ?? null,
    last_seen_at: isoTime(reach?.seenAtMs ?? null),
    probe: probe === undefined ? null : probeView(probe),
    advice: probe?.advice ?? [],
    address: router.address,
    api_port: router.apiPort,
    api_tls: router.apiTls === 1,
    api_username: router.apiUsername,
    certificate_sha256:
      router.certificatePem === null ? null : new X509Certificate(router.certificatePem).fingerprint256,
    coa_port: router.coaPort,
    access_mode: router.accessMode,
    input_octets: router.inputOctets,
    require_message_authenticator: router.requireMessageAuthenticator,
    signs_since: isoTime(router.signedAtMs),
    model: router.model,
    version: router.version,
    serial: router.serial,
    adopt_token_expires_at: isoTime(router.adoptExpiresAtMs),
    created_at: isoTime(router.createdAtMs),
  }
}

const probeView = ({ state, reason, findings }: ProbeRow): z.infer<typeof probeAnswer> => ({
  state,
  reason,
  identity: findings?.identity ?? null,
  device_mode: findings?.deviceMode ?? null,
  packages: findings?.packages ?? [],
})
