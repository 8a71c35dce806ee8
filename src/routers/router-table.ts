import { type Db, sql } from '../store/database.ts'

/** A MikroTik of the site. `address` is where it speaks from; null until it has called home. */
export interface RouterRow {
  id: number
  name: string
  address: string | null
  apiPort: number
  apiTls: 0 | 1
  apiUsername: string
  apiPassword: string
  radiusSecret: string
  coaPort: number
  /** `radius`: it asks us. `local`: users are written to it. */
  accessMode: 'radius' | 'local'
  status: 'pending' | 'adopted' | 'failed'
  adoptExpiresAtMs: number | null
  model: string | null
  version: string | null
  serial: string | null
  /** The one certificate that its API may show, if it speaks TLS; null: any, until one is pinned. */
  certificatePem: string | null
  /** What it counts as input; null: what those of the site do. */
  inputOctets: 'upload' | 'download' | null
  /** Whether its Access-Requests must bear a Message-Authenticator; null: as the site's setting says. */
  requireMessageAuthenticator: 'auto' | 'yes' | 'no' | null
  /** When one was first seen, so that `auto` demands it from then on. */
  signedAtMs: number | null
  createdAtMs: number
}

const COLUMNS = `id, name, address, api_port AS apiPort, api_tls AS apiTls, api_username AS apiUsername, api_password AS apiPassword,
  radius_secret AS radiusSecret, coa_port AS coaPort, access_mode AS accessMode, status, adopt_expires_at_ms AS adoptExpiresAtMs,
  model, version, serial, certificate_pem AS certificatePem, input_octets AS inputOctets,
  require_message_authenticator AS requireMessageAuthenticator, signed_at_ms AS signedAtMs, created_at_ms AS createdAtMs`

export function allRouters(db: Db): RouterRow[] {
  return sql(db, `SELECT ${COLUMNS} FROM routers ORDER BY id`).all() as RouterRow[]
}

export function routerById(db: Db, routerId: number): RouterRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM routers WHERE id = ?`).get(routerId) as RouterRow | undefined
}

/** Asked for every accounting packet. Null and undefined: as the site says. */
export const inputOctetsOfRouter = (db: Db, routerId: number): RouterRow['inputOctets'] | undefined =>
  sql(db, 'SELECT input_octets FROM routers WHERE id = ?').pluck().get(routerId) as RouterRow['inputOctets'] | undefined

export function routerByName(db: Db, name: string): RouterRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM routers WHERE name = ?`).get(name) as RouterRow | undefined
}

export function routerByAddress(db: Db, address: string): RouterRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM routers WHERE address = ?`).get(address) as RouterRow | undefined
}

export function routerByAdoptToken(db: Db, tokenHash: Buffer): RouterRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM routers WHERE adopt_token_hash = ?`).get(tokenHash) as RouterRow | undefined
}

export function routerByScriptToken(db: Db, tokenHash: Buffer, nowMs: number): RouterRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM routers WHERE script_token_hash = ? AND script_expires_at_ms > ?`).get(
    tokenHash,
    nowMs,
  ) as RouterRow | undefined
}
