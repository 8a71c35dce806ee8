import { createHash, randomBytes } from 'node:crypto'
import { command } from '../flow/command.ts'
import { READABLE, randomCode } from '../random-code.ts'
import { sql } from '../store/database.ts'
import { type RouterRow, routerByAddress, routerByAdoptToken, routerById } from './router-table.ts'

/** How long a router has to run its script and call home. */
const ADOPTION_MS = 60 * 60_000

export interface RouterRegistration {
  name: string
  address: string | null
  apiPort: number
  apiTls: boolean
  accessMode: 'radius' | 'local'
  coaPort: number
  /** Made when left out. */
  apiUsername: string | null
  apiPassword: string | null
  radiusSecret: string | null
}

export type RegisterOutcome =
  | { outcome: 'registered'; router: RouterRow; adoptToken: string }
  | { outcome: 'name-taken' | 'address-taken' }

const hashAdoptToken = (token: string): Buffer => createHash('sha256').update(token).digest()

/** Writes the router down with secrets of its own. No network: the script does the rest on the router. */
export const registerRouter = command(
  'routers.register',
  ({ db, journal, nowMs }, { name, address, apiTls, ...input }: RouterRegistration): RegisterOutcome => {
    if (sql(db, 'SELECT 1 FROM routers WHERE name = ?').get(name)) return { outcome: 'name-taken' }
    if (address !== null && sql(db, 'SELECT 1 FROM routers WHERE address = ?').get(address))
      return { outcome: 'address-taken' }
    const adoptToken = randomBytes(24).toString('base64url')
    const { lastInsertRowid } = sql(
      db,
      `INSERT INTO routers (name, address, api_port, api_tls, api_username, api_password, radius_secret, coa_port, access_mode, status,
         adopt_token_hash, adopt_expires_at_ms, created_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?, ?)`,
    ).run(
      name,
      address,
      input.apiPort,
      apiTls ? 1 : 0,
      input.apiUsername ?? 'mlango',
      input.apiPassword ?? randomCode(24, READABLE),
      input.radiusSecret ?? randomCode(32, READABLE),
      input.coaPort,
      input.accessMode,
      hashAdoptToken(adoptToken),
      nowMs + ADOPTION_MS,
      nowMs,
    )
    const routerId = Number(lastInsertRowid)
    journal.record('router.registered', { routerId, name })
    return { outcome: 'registered', router: routerById(db, routerId) as RouterRow, adoptToken }
  },
)

export type RouterChange = {
  [Field in
    | 'name'
    | 'address'
    | 'apiPort'
    | 'apiTls'
    | 'apiUsername'
    | 'apiPassword'
    | 'radiusSecret'
    | 'coaPort'
    | 'accessMode']?: RouterRow[Field] | undefined
}

/** What is left out stays. The router itself is told nothing: its script says what it must have. */
export const changeRouter = command(
  'routers.change',
  (
    { db },
    { routerId, change }: { routerId: number; change: RouterChange },
  ): { outcome: 'changed'; router: RouterRow } | { outcome: 'unknown' | 'name-taken' | 'address-taken' } => {
    const router = routerById(db, routerId)
    if (!router) return { outcome: 'unknown' }
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
    const changed: RouterRow = { ...router, ...given }
    const others = 'SELECT 1 FROM routers WHERE id <> ? AND'
    if (sql(db, `${others} name = ?`).get(routerId, changed.name)) return { outcome: 'name-taken' }
    if (sql(db, `${others} address = ?`).get(routerId, changed.address)) return { outcome: 'address-taken' }
    sql(
      db,
      `UPDATE routers SET name = :name, address = :address, api_port = :apiPort, api_tls = :apiTls, api_username = :apiUsername,
         api_password = :apiPassword, radius_secret = :radiusSecret, coa_port = :coaPort, access_mode = :accessMode WHERE id = :id`,
    ).run(changed)
    return { outcome: 'changed', router: changed }
  },
)

/** A new adoption token for a router that is registered: the script again. The old token is void. */
export const renewAdoption = command('routers.renew-adoption', ({ db, nowMs }, { routerId }: { routerId: number }) => {
  const adoptToken = randomBytes(24).toString('base64url')
  const { changes } = sql(db, 'UPDATE routers SET adopt_token_hash = ?, adopt_expires_at_ms = ? WHERE id = ?').run(
    hashAdoptToken(adoptToken),
    nowMs + ADOPTION_MS,
    routerId,
  )
  const router = routerById(db, routerId)
  return changes > 0 && router ? { outcome: 'renewed' as const, router, adoptToken } : { outcome: 'unknown' as const }
})

export interface RouterReport {
  token: string
  /** Where the call came from: the router's address, if none was given at registration. */
  sourceAddress: string
  version: string | null
  model: string | null
  serial: string | null
  failedSteps: string[]
}

/** The router ran its script and calls home. The token works once, for an hour. */
export const adoptRouter = command(
  'routers.adopt',
  ({ db, journal, nowMs }, report: RouterReport): 'adopted' | 'gone' | 'address-taken' => {
    const router = routerByAdoptToken(db, hashAdoptToken(report.token))
    if (!router || router.adoptExpiresAtMs === null || router.adoptExpiresAtMs <= nowMs) return 'gone'
    const holder = router.address === null ? routerByAddress(db, report.sourceAddress) : undefined
    if (holder) return 'address-taken'
    sql(
      db,
      `UPDATE routers SET status = ?, adopt_token_hash = NULL, adopted_at_ms = ?, address = coalesce(address, ?), version = ?, model = ?, serial = ? WHERE id = ?`,
    ).run(
      report.failedSteps.length === 0 ? 'adopted' : 'failed',
      nowMs,
      report.sourceAddress,
      report.version,
      report.model,
      report.serial,
      router.id,
    )
    journal.record('router.connected', {
      routerId: router.id,
      version: report.version,
      failedSteps: report.failedSteps,
    })
    return 'adopted'
  },
)

export const removeRouter = command('routers.remove', ({ db }, { routerId }: { routerId: number }) =>
  sql(db, 'DELETE FROM routers WHERE id = ?').run(routerId).changes > 0 ? 'removed' : 'unknown',
)

export const registryCommands = [registerRouter, changeRouter, renewAdoption, adoptRouter, removeRouter]
