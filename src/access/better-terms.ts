import { type Db, sql } from '../store/database.ts'
import type { GrantOrder } from './grant-order.ts'
import type { GrantRow } from './grant-table.ts'
import { termsOfGrant, writeTerms } from './network-terms.ts'

/**
 * More is bought of what runs, and the package has changed since: of both purchases the better, from now on, so that nobody has less than
 * was shown to them at either. What the router has names for stays as it is. Bytes of fair use are added by who extends.
 */
export function takeBetter(db: Db, grant: GrantRow, order: GrantOrder): void {
  sql(
    db,
    `UPDATE grants SET down_kbps = :downKbps, up_kbps = :upKbps, device_limit = :deviceLimit, pausable = :pausable,
       pauses_offline = :pausesOffline WHERE id = :id`,
  ).run({
    id: grant.id,
    downKbps: orNone(grant.downKbps, order.downKbps),
    upKbps: orNone(grant.upKbps, order.upKbps),
    deviceLimit: Math.max(grant.deviceLimit, order.deviceLimit),
    pausable: Math.max(grant.pausable, order.pausable ? 1 : 0),
    pausesOffline: Math.max(grant.pausesOffline, order.pausesOffline ? 1 : 0),
  })
  const has = termsOfGrant(db, grant.id)
  const { terms: sold } = order
  if (!has && !sold) return
  const fairUseDownKbps = orNone(has?.fairUseDownKbps, sold?.fairUseDownKbps)
  const fairUseUpKbps = orNone(has?.fairUseUpKbps, sold?.fairUseUpKbps)
  // One that slows nothing down is none.
  const isFair = sold?.fairUseBytes != null && (fairUseDownKbps !== null || fairUseUpKbps !== null)
  writeTerms(db, grant.id, {
    ...has,
    burstDownKbps: most(has?.burstDownKbps, sold?.burstDownKbps),
    burstUpKbps: most(has?.burstUpKbps, sold?.burstUpKbps),
    burstSeconds: most(has?.burstSeconds, sold?.burstSeconds),
    fairUseBytes: isFair ? (has?.fairUseBytes ?? null) : null,
    fairUseDownKbps,
    fairUseUpKbps,
  })
  sql(db, 'UPDATE grant_terms SET throttled_at_ms = NULL WHERE grant_id = ? AND fair_use_bytes IS NULL').run(grant.id)
}

/** Of two limits; null = no limit, which is better than any. */
const orNone = (one: number | null | undefined, other: number | null | undefined): number | null =>
  one == null || other == null ? null : Math.max(one, other)

/** Of two extras; null = there is none. */
const most = (one: number | null | undefined, other: number | null | undefined): number | null =>
  one == null && other == null ? null : Math.max(one ?? 0, other ?? 0)
