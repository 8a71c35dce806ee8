import { createHash, randomBytes } from 'node:crypto'
import { type CommandContext, command } from '../flow/command.ts'
import { READABLE, randomCode } from '../random-code.ts'
import { sql } from '../store/database.ts'
import { beginProvisioning } from './provision/provisionings.ts'
import { isKept, putWanted, wishesOf } from './provision/wishes.ts'
import { type RouterRow, routerByAddress, routerByAdoptToken, routerById, routerByScriptToken } from './router-table.ts'

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
  /** As the site's setting says when left out. */
  requireMessageAuthenticator?: RouterRow['requireMessageAuthenticator']
  /** Of several hotspots that it has, those that are to be used. */
  useHotspots?: string[]
}

export type RegisterOutcome =
  | ({ outcome: 'registered'; router: RouterRow } & AdoptionTokens)
  | { outcome: 'name-taken' | 'address-taken' }

export interface AdoptionTokens {
  /** With it the router calls home. */
  adoptToken: string
  /** With it the script itself is fetched, once. */
  scriptToken: string
}

const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest()

const freshToken = (): string => randomBytes(24).toString('base64url')

/** New ones; the old are void. */
function giveTokens({ db, nowMs }: CommandContext, routerId: number): AdoptionTokens {
  const [adoptToken, scriptToken] = [freshToken(), freshToken()]
  sql(
    db,
    `UPDATE routers SET adopt_token_hash = :adopt, adopt_expires_at_ms = :until, script_token_hash = :script, script_expires_at_ms = :until
     WHERE id = :routerId`,
  ).run({ routerId, adopt: hashToken(adoptToken), script: hashToken(scriptToken), until: nowMs + ADOPTION_MS })
  return { adoptToken, scriptToken }
}

/** Writes the router down with secrets of its own. No network: the script does the rest on the router. */
export const registerRouter = command(
  'routers.register',
  (context, { name, address, apiTls, ...input }: RouterRegistration): RegisterOutcome => {
    const { db, journal, nowMs } = context
    if (sql(db, 'SELECT 1 FROM routers WHERE name = ?').get(name)) return { outcome: 'name-taken' }
    if (address !== null && sql(db, 'SELECT 1 FROM routers WHERE address = ?').get(address))
      return { outcome: 'address-taken' }
    const { lastInsertRowid } = sql(
      db,
      `INSERT INTO routers (name, address, api_port, api_tls, api_username, api_password, radius_secret, coa_port, access_mode, status, require_message_authenticator, created_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?)`,
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
      input.requireMessageAuthenticator ?? null,
      nowMs,
    )
    const routerId = Number(lastInsertRowid)
    if (input.useHotspots) putWanted(db, routerId, { useHotspots: input.useHotspots })
    const tokens = giveTokens(context, routerId)
    journal.record('router.registered', { routerId, name })
    return { outcome: 'registered', router: routerById(db, routerId) as RouterRow, ...tokens }
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
    | 'accessMode'
    /** Setting it, also to what it was, forgets what was seen of its signatures. */
    | 'requireMessageAuthenticator'
    /** Null: the next one that the router shows is taken as its own. */
    | 'certificatePem'
    | 'inputOctets']?: RouterRow[Field] | undefined
}

/** What is left out stays. One that is kept as wanted is told, in the same commit; any other learns it by its script. */
export const changeRouter = command(
  'routers.change',
  (
    context,
    { routerId, change }: { routerId: number; change: RouterChange },
  ): { outcome: 'changed'; router: RouterRow } | { outcome: 'unknown' | 'name-taken' | 'address-taken' } => {
    const { db } = context
    const router = routerById(db, routerId)
    if (!router) return { outcome: 'unknown' }
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
    const forgets = 'requireMessageAuthenticator' in given
    const changed: RouterRow = { ...router, ...given, ...(forgets && { signedAtMs: null }) }
    const others = 'SELECT 1 FROM routers WHERE id <> ? AND'
    if (sql(db, `${others} name = ?`).get(routerId, changed.name)) return { outcome: 'name-taken' }
    if (sql(db, `${others} address = ?`).get(routerId, changed.address)) return { outcome: 'address-taken' }
    sql(
      db,
      `UPDATE routers SET name = :name, address = :address, api_port = :apiPort, api_tls = :apiTls, api_username = :apiUsername,
         api_password = :apiPassword, radius_secret = :radiusSecret, coa_port = :coaPort, access_mode = :accessMode, certificate_pem = :certificatePem,
         require_message_authenticator = :requireMessageAuthenticator, signed_at_ms = :signedAtMs, input_octets = :inputOctets WHERE id = :id`,
    ).run(changed)
    const { radiusSecret, coaPort, accessMode } = change
    const isItsBusiness = radiusSecret !== undefined || coaPort !== undefined || accessMode !== undefined
    if (isItsBusiness && isKept(wishesOf(db, routerId))) {
      beginProvisioning.run(context, { routerId, why: 'asked', secrets: radiusSecret !== undefined })
    }
    return { outcome: 'changed', router: changed }
  },
)

/** New tokens for a router that is registered: the script again. */
export const renewAdoption = command('routers.renew-adoption', (context, { routerId }: { routerId: number }) => {
  if (!routerById(context.db, routerId)) return { outcome: 'unknown' as const }
  const tokens = giveTokens(context, routerId)
  return { outcome: 'renewed' as const, router: routerById(context.db, routerId) as RouterRow, ...tokens }
})

/** A router fetches its script by the token that the operator's line holds: once, within the hour. */
export const takeScript = command('routers.take-script', ({ db, nowMs }, { token }: { token: string }) => {
  const router = routerByScriptToken(db, hashToken(token), nowMs)
  if (!router) return { outcome: 'gone' as const }
  const adoptToken = freshToken()
  sql(
    db,
    'UPDATE routers SET script_token_hash = NULL, adopt_token_hash = ?, adopt_expires_at_ms = ? WHERE id = ?',
  ).run(hashToken(adoptToken), nowMs + ADOPTION_MS, router.id)
  return { outcome: 'taken' as const, router, adoptToken }
})

/** The certificate that a router showed when we first came after its adoption: from now on no other is believed. */
export const pinCertificate = command(
  'routers.pin-certificate',
  ({ db }, { routerId, certificatePem }: { routerId: number; certificatePem: string }) => {
    sql(db, 'UPDATE routers SET certificate_pem = ? WHERE id = ? AND certificate_pem IS NULL').run(
      certificatePem,
      routerId,
    )
  },
)

/** Its first Access-Request with a Message-Authenticator has come. */
export const noteRouterSigns = command('routers.note-signs', ({ db, nowMs }, { routerId }: { routerId: number }) => {
  sql(db, 'UPDATE routers SET signed_at_ms = ? WHERE id = ? AND signed_at_ms IS NULL').run(nowMs, routerId)
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
    const router = routerByAdoptToken(db, hashToken(report.token))
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

export const registryCommands = [
  registerRouter,
  changeRouter,
  renewAdoption,
  takeScript,
  adoptRouter,
  pinCertificate,
  noteRouterSigns,
  removeRouter,
]
