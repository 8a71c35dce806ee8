import type { CommandContext } from '../flow/command.ts'
import { ORDER_TERM_COLUMNS, ROUTER_TERM_COLUMNS, type RouterTerms } from '../flow/order-terms.ts'
import { type Db, sql } from '../store/database.ts'
import type { GrantTerms } from './network-terms.ts'
import type { SubscriptionState } from './subscription-states.ts'

/** What a connection has of its own, whatever package it runs on. Null: as the package says. */
export interface ConnectionTerms extends RouterTerms {
  /** PPPoE: always this address. */
  framedIpAddress: string | null
}

/** What a router is told of a grant beside time, data and speed. */
export interface ToldTerms extends GrantTerms {
  framedIpAddress: string | null
  /** The state for which the router's profile and list stand, when they are not those of who has paid. */
  wall: 'grace' | 'suspended' | null
  /** The wall's own profile sets the speed: nothing else is said of it. */
  isSpeedOfProfile: boolean
}

const CONNECTION_TERMS = { framedIpAddress: 'framed_ip_address', ...ROUTER_TERM_COLUMNS }
const CONNECTION_FIELDS = Object.keys(CONNECTION_TERMS) as (keyof ConnectionTerms)[]
const NO_TERMS = Object.fromEntries(CONNECTION_FIELDS.map((field) => [field, null])) as unknown as ConnectionTerms

const columns = (fields: Record<string, string>, read: (column: string) => string) =>
  Object.entries(fields).map(([field, column]) => `${read(column)} AS ${field}`)

const SOLD = columns({ ...ORDER_TERM_COLUMNS, throttledAtMs: 'throttled_at_ms' }, (column) => `sold.${column}`)
const OWN = columns(ROUTER_TERM_COLUMNS, (column) => `coalesce(own.${column}, sold.${column})`)
/** Asked for every login: put together once. The connection's own columns stand last, and so win. */
const TOLD = `SELECT ${[...SOLD, ...OWN, 'own.framed_ip_address AS framedIpAddress'].join(', ')}
  FROM (SELECT ? AS id) LEFT JOIN grant_terms AS sold ON sold.grant_id = id LEFT JOIN connection_terms AS own ON own.grant_id = id
  WHERE coalesce(sold.grant_id, own.grant_id) IS NOT NULL`

/** Undefined when there is nothing to say. */
export function toldTerms(db: Db, grantId: string): ToldTerms | undefined {
  const terms = sql(db, TOLD).get(grantId) as (GrantTerms & { framedIpAddress: string | null }) | undefined
  return terms && { ...terms, ...wallOf(db, grantId, terms) }
}

/** Who is in grace or suspended, where the terms say so, is online with another profile or on another list. */
function wallOf(db: Db, grantId: string, terms: GrantTerms): Pick<ToldTerms, 'wall' | 'isSpeedOfProfile'> {
  const walls = {
    grace: { group: terms.graceRouterGroup, list: terms.graceAddressList },
    suspended: { group: terms.suspendedRouterGroup, list: terms.suspendedAddressList },
  }
  const hasAny = Object.values(walls).some(({ group, list }) => group !== null || list !== null)
  const state = hasAny ? stateOfGrant(db, grantId) : undefined
  if (state !== 'grace' && state !== 'suspended') return { wall: null, isSpeedOfProfile: false }
  const { group, list } = walls[state]
  if (group === null && list === null) return { wall: null, isSpeedOfProfile: false }
  const behind = { routerGroup: group ?? terms.routerGroup, addressList: list ?? terms.addressList }
  return { ...behind, wall: state, isSpeedOfProfile: group !== null }
}

const stateOfGrant = (db: Db, grantId: string): SubscriptionState | undefined =>
  sql(db, 'SELECT state FROM subscriptions WHERE grant_id = ?').pluck().get(grantId) as SubscriptionState | undefined

/** What a router takes only when the device logs in (or drops only then): a change of it sends the device round. */
function loginTermsOf(db: Db, grantId: string): string {
  const { framedIpAddress, framedPool, routerGroup, addressList } = toldTerms(db, grantId) ?? NO_TERMS
  return JSON.stringify([framedIpAddress, framedPool, routerGroup, addressList])
}

export function connectionTermsOf(db: Db, grantId: string): ConnectionTerms {
  const row = sql(
    db,
    `SELECT ${columns(CONNECTION_TERMS, (column) => column).join(', ')} FROM connection_terms WHERE grant_id = ?`,
  ).get(grantId)
  return (row as ConnectionTerms | undefined) ?? NO_TERMS
}

/** Replaces all of them. Does not tell the routers. */
export function writeConnectionTerms(db: Db, grantId: string, terms: Partial<ConnectionTerms>): void {
  const names = Object.values(CONNECTION_TERMS)
  sql(
    db,
    `INSERT INTO connection_terms (grant_id, ${names.join(', ')}) VALUES (:grantId, ${CONNECTION_FIELDS.map((field) => `:${field}`).join(', ')})
     ON CONFLICT (grant_id) DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(', ')}`,
  ).run({ grantId, ...NO_TERMS, ...terms })
}

/** The address is another running connection's, on the same router or where nobody knows on which. */
export const isAddressTaken = (
  db: Db,
  { framedIpAddress, routerId, grantId }: { framedIpAddress: string; routerId: number | null; grantId: string },
): boolean =>
  sql(
    db,
    `SELECT 1 FROM connection_terms AS own JOIN grants ON grants.id = own.grant_id JOIN subscriptions ON subscriptions.grant_id = own.grant_id
     WHERE own.framed_ip_address = :framedIpAddress AND own.grant_id <> :grantId AND subscriptions.state <> 'cancelled'
       AND coalesce(grants.router_id, :routerId, 0) = coalesce(:routerId, grants.router_id, 0) LIMIT 1`,
  ).get({ framedIpAddress, routerId, grantId }) !== undefined

/** Runs `change`; where the terms of login are others after it, who is online logs in anew with them. */
export function tellingRouters<Result>(context: CommandContext, grantId: string, change: () => Result): Result {
  const before = loginTermsOf(context.db, grantId)
  const result = change()
  if (loginTermsOf(context.db, grantId) !== before)
    context.journal.record('access.terms_changed', { grantId, needsNewLogin: true })
  return result
}
