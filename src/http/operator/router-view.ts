import { z } from 'zod'
import type { RouterRow } from '../../routers/router-table.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'

export const routerAnswer = z.object({
  id: z.int(),
  name: z.string(),
  status: z.enum(['pending', 'adopted', 'failed']),
  address: z.string().nullable(),
  api_port: z.int(),
  api_tls: z.boolean(),
  api_username: z.string(),
  coa_port: z.int(),
  access_mode: z.enum(['radius', 'local']),
  model: z.string().nullable(),
  version: z.string().nullable(),
  serial: z.string().nullable(),
  adopt_token_expires_at: isoTimeField.nullable(),
  created_at: isoTimeField,
})

/** Never its passwords: they are in the script, for those who may have it. */
export const routerView = (router: RouterRow): z.infer<typeof routerAnswer> => ({
  id: router.id,
  name: router.name,
  status: router.status,
  address: router.address,
  api_port: router.apiPort,
  api_tls: router.apiTls === 1,
  api_username: router.apiUsername,
  coa_port: router.coaPort,
  access_mode: router.accessMode,
  model: router.model,
  version: router.version,
  serial: router.serial,
  adopt_token_expires_at: isoTime(router.adoptExpiresAtMs),
  created_at: isoTime(router.createdAtMs),
})
