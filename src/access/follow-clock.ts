import { type CommandContext, command } from '../flow/command.ts'
import { bootStartedMs, shiftBoot } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'
import { accessEndMs } from './subscription-right.ts'
import { subscriptionById } from './subscription-table.ts'

/**
 * The wall clock was set. What was opened since this start was timed by a clock that nobody sets: its ends move with the step,
 * so nothing is lost or won. What is older was written under the right time, and is judged by it again.
 */
export const followClockStep = command('grants.follow-clock', (context, { byMs }: { byMs: number }) => {
  const { db, journal, log, queue, nowMs } = context
  const fromMs = bootStartedMs(db)
  const { changes } = sql(
    db,
    `UPDATE grants SET starts_at_ms = starts_at_ms + :byMs, expires_at_ms = expires_at_ms + :byMs, use_before_ms = use_before_ms + :byMs
     WHERE ended_at_ms IS NULL AND starts_at_ms >= :fromMs AND id NOT IN (SELECT grant_id FROM subscriptions)`,
  ).run({ byMs, fromMs })
  followWithPauses(context, fromMs, byMs)
  sql(db, 'UPDATE local_usage SET online_at_ms = online_at_ms + ? WHERE online_at_ms >= ?').run(byMs, fromMs)
  const subscriptions = followWithSubscriptions(context, fromMs, byMs)
  // An outage that goes on began by the same clock.
  sql(db, 'UPDATE router_reach SET down_since_ms = down_since_ms + ? WHERE down_since_ms >= ?').run(byMs, fromMs)
  sql(db, 'UPDATE router_reach SET down_until_ms = down_until_ms + ? WHERE down_until_ms >= ?').run(byMs, fromMs)
  sql(db, 'UPDATE clock_evidence SET offset_ms = offset_ms - :byMs, at_ms = at_ms + :byMs').run({ byMs })
  journal.record('clock.stepped', { byMs, sinceMs: fromMs })
  shiftBoot(db, byMs)
  queue.forgetAfter(nowMs + byMs)
  log.warn({ byMs, grants: changes, subscriptions }, 'the clock was set; running access moves with it')
})

/**
 * What is older may stand still since, or go on since: the end of its pause, which made its own end later, is by the right time now.
 * An end that was cut at the time to use it no longer says how long that pause was: it never comes earlier.
 */
function followWithPauses({ db }: CommandContext, fromMs: number, byMs: number): void {
  const paused = `UPDATE grants SET paused_at_ms = paused_at_ms + :byMs WHERE ended_at_ms IS NULL AND paused_at_ms >= :fromMs`
  sql(db, paused).run({ byMs, fromMs })
  const end = 'expires_at_ms + pause.later_ms'
  const later = `UPDATE grants SET expires_at_ms = min(${end}, coalesce(use_before_ms, ${end})) FROM (
      SELECT grant_id, sum(max(:byMs, began_at_ms + 1 - ended_at_ms)) AS later_ms FROM grant_pauses
      WHERE began_at_ms < :fromMs AND ended_at_ms >= :fromMs GROUP BY grant_id) AS pause
    WHERE pause.grant_id = grants.id AND grants.ended_at_ms IS NULL AND (:byMs > 0 OR expires_at_ms IS NOT use_before_ms)`
  sql(db, later).run({ byMs, fromMs })
  const began = 'iif(began_at_ms >= :fromMs, began_at_ms + :byMs, began_at_ms)'
  const pauses = `UPDATE grant_pauses SET began_at_ms = ${began}, ended_at_ms = max(ended_at_ms + :byMs, ${began} + 1) WHERE ended_at_ms >= :fromMs`
  sql(db, pauses).run({ byMs, fromMs })
}

/** The paid time of what was renewed since begins at the renewal, by the right time, unless paid time was left then. */
function followWithSubscriptions({ db }: CommandContext, fromMs: number, byMs: number): number {
  sql(
    db,
    `UPDATE subscriptions SET
       starts_at_ms = iif(starts_at_ms = created_at_ms AND created_at_ms >= :fromMs, starts_at_ms + :byMs, starts_at_ms),
       suspended_at_ms = iif(suspended_at_ms >= :fromMs, suspended_at_ms + :byMs, suspended_at_ms),
       disconnected_at_ms = iif(disconnected_at_ms >= :fromMs, disconnected_at_ms + :byMs, disconnected_at_ms)
     WHERE state <> 'cancelled'`,
  ).run({ fromMs, byMs })
  const renewals = sql(db, FIRST_RENEWALS).all(fromMs) as Renewal[]
  for (const { subscriptionId, atMs, beginsAtMs } of renewals) {
    const later = beginsAtMs === atMs ? byMs : Math.max(0, atMs + byMs - beginsAtMs)
    sql(
      db,
      `UPDATE subscriptions SET paid_until_ms = paid_until_ms + :later, renewed_at_ms = renewed_at_ms + :byMs WHERE id = :subscriptionId`,
    ).run({ subscriptionId, later, byMs })
    const subscription = subscriptionById(db, subscriptionId)
    if (subscription)
      sql(db, 'UPDATE grants SET expires_at_ms = ? WHERE id = ? AND ended_at_ms IS NULL').run(
        accessEndMs(subscription),
        subscription.grantId,
      )
  }
  return renewals.length
}

interface Renewal {
  subscriptionId: string
  atMs: number
  /** From when on its time counts: then, or later when paid time was left. */
  beginsAtMs: number
}

/** Later ones since then count on from the first. */
const FIRST_RENEWALS = `SELECT subscription_id AS subscriptionId, at_ms AS atMs, subscription_history.paid_until_ms - seconds * 1000 AS beginsAtMs
  FROM subscription_history JOIN subscriptions ON subscriptions.id = subscription_id
  WHERE subscriptions.state <> 'cancelled' AND subscription_history.id IN
    (SELECT min(id) FROM subscription_history WHERE seconds IS NOT NULL AND about_payment_id IS NULL AND at_ms >= ? GROUP BY subscription_id)`
