import { type CommandContext, command } from '../flow/command.ts'
import { lagAt, timesToJudgeBy } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'
import { addTime } from './add-time.ts'
import { aheadOfEnd } from './ends-by.ts'
import { causeOf, type GrantRow, grantById } from './grant-table.ts'
import { pauseIfOffline } from './offline-pause.ts'
import { keepOutage, keptOutage, type Outage } from './outages.ts'
import { isOver, overSinceMs } from './over-since.ts'
import { lostSeconds } from './settle-credits.ts'
import { wasAnybodyOnline } from './who-is-online.ts'

/** `more`: there may be others, ask again. */
interface CreditOutcome {
  outcome: 'credited' | 'nothing'
  credited: number
  more: boolean
}

/** At most so many in one commit. */
const BATCH = 200

/**
 * Gives back the time that an outage took: to grants that ran during it, also to those that ran out meanwhile. Each outage counts
 * once for a grant, with at most `mostSeconds`, and never past the time to use the grant. A paused grant lost nothing; a
 * subscription is paid by the day and gets nothing.
 */
export const creditOutage = command(
  'grants.credit-outage',
  (context, { outage: told, mostSeconds }: { outage: Outage; mostSeconds: number }): CreditOutcome => {
    // Nobody had for a job that the version before has left.
    if (!keptOutage(context.db, told)) keepOutage.run(context, told)
    const { id: outageId, ...outage } = keptOutage(context.db, told) as Outage & { id: number }
    const due = grantsToCredit(context, outageId, outage)
    let credited = 0
    for (const grantId of due) {
      const grant = grantById(context.db, grantId) as GrantRow
      const lost = lostSeconds(context, grant, runIn(context, grant, outage), mostSeconds)
      if (giveBack(context, grant, outageId, lost) > 0) credited += 1
    }
    return { outcome: credited > 0 ? 'credited' : 'nothing', credited, more: due.length === BATCH }
  },
)

/**
 * By where they were used last; what was never used belongs to the only router, if there is only one. Not what was let out on trust and
 * never paid; what is refunded gets it when its refund is dropped.
 */
function grantsToCredit(context: CommandContext, outageId: number, outage: Outage): string[] {
  return sql(
    context.db,
    `SELECT id FROM grants WHERE expires_at_ms > :beganAtMs - :lagMs AND expires_at_ms + iif(:lagMs = 0, 0, ${aheadOfEnd(':lagMs')}) > :beganAtMs
       AND coalesce(opened_at_ms, starts_at_ms) < :endedAtMs
       AND (ended_at_ms IS NULL OR ended_at_ms >= :beganAtMs) AND revoked_by_hand = 0
       AND (paused_at_ms IS NULL OR paused_at_ms > :beganAtMs)
       AND coalesce((SELECT router_id FROM sessions WHERE grant_id = grants.id ORDER BY id DESC LIMIT 1), router_id,
         iif((SELECT count(*) FROM routers) = 1, :routerId, NULL)) = :routerId
       AND EXISTS (SELECT 1 FROM grant_parts WHERE grant_id = grants.id)
       AND id NOT IN (SELECT grant_id FROM subscriptions)
       AND NOT EXISTS (SELECT 1 FROM outage_credits WHERE outage_id = :outageId AND grant_id = grants.id)
     LIMIT ${BATCH}`,
  )
    .pluck()
    .all({ ...outage, outageId, lagMs: lagOf(context, outage) }) as string[]
}

/** By how much the clock that told of an outage may be ahead: the end of a grant is by that of its own start. */
function lagOf({ db, nowMs }: CommandContext, { beganAtMs }: Outage): number {
  if (timesToJudgeBy({ db, nowMs }).lagMs === 0) return 0
  return sql(db, `SELECT ${lagAt('?')}`)
    .pluck()
    .get(beganAtMs) as number
}

/** The part of an outage before the grant's time ran out: only that was lost. */
function runIn(context: CommandContext, grant: GrantRow, outage: Outage): Outage {
  if (grant.pausedAtMs !== null || !isOver(context, grant)) return outage
  return { ...outage, endedAtMs: Math.min(outage.endedAtMs, overSinceMs(context, grant)) }
}

/**
 * Returns how much was given back: nothing where the time to use it is over. A grant that had run out can be used again from now on; one
 * whose data was used up, or that is refunded, has it when it goes on.
 */
function giveBack(context: CommandContext, grant: GrantRow, outageId: number, lost: number): number {
  const { db, journal, nowMs } = context
  const { addedMs, expiresAtMs } = lost === 0 ? { addedMs: 0 } : addTime(context, grant, lost * 1000)
  const seconds = Math.floor(addedMs / 1000)
  sql(db, 'INSERT INTO outage_credits (outage_id, grant_id, seconds, at_ms) VALUES (?, ?, ?, ?)').run(
    ...[outageId, grant.id, seconds, nowMs],
  )
  if (seconds === 0 || expiresAtMs === undefined) return seconds
  journal.record('access.credited', { ...causeOf(grant), expiresAtMs, seconds, outageId })
  // Its sessions ended when it was over.
  if (grant.endedAtMs !== null && wasAnybodyOnline(db, grant.id)) pauseIfOffline(context, grant.id, nowMs)
  return seconds
}
