import { type CommandContext, command } from '../flow/command.ts'
import { movedStarts, type StartMoved, shiftBoots } from '../flow/time-trust.ts'
import { type Db, sql } from '../store/database.ts'
import { accessEndMs } from './subscription-right.ts'
import { subscriptionById } from './subscription-table.ts'

/**
 * The wall clock was set. What was opened since this start was timed by a clock that nobody sets: its ends move with the step,
 * so nothing is lost or won. So does what was opened in earlier starts by the same clock, if it was not believed then. What is older was
 * written under the right time, and is judged by it again.
 */
export const followClockStep = command('grants.follow-clock', (context, { byMs }: { byMs: number }) => {
  const { db, journal, log, queue, nowMs } = context
  const starts = movedStarts(db, byMs)
  const moved = follow(context, starts)
  sql(db, 'UPDATE clock_evidence SET offset_ms = offset_ms - :byMs, at_ms = at_ms + :byMs').run({ byMs })
  journal.record('clock.stepped', { byMs, sinceMs: sinceOf(starts, byMs) })
  queue.forgetAfter(nowMs + byMs)
  log.warn({ byMs, ...moved }, 'the clock was set; running access moves with it')
})

/** Purchases of starts that move nearly alike move together. */
const ALIKE_MS = 60_000

/** From the first start on that moves so. */
const sinceOf = (starts: readonly StartMoved[], byMs: number): number =>
  Math.min(...starts.filter((start) => Math.abs(start.byMs - byMs) <= ALIKE_MS).map(({ fromMs }) => fromMs))

/** The network had set the clock back before this start: the clock of the starts before, which was not believed, was ahead. */
export const followEarlierStarts = command('grants.follow-earlier-starts', (context, _input: Record<string, never>) => {
  const { db, journal, log, queue, nowMs } = context
  const starts = movedStarts(db, 0)
  const byMs = starts.toSorted((one, other) => one.number - other.number).at(-2)?.byMs ?? 0
  // It is never told to the millisecond.
  if (byMs > -2_000) return
  const sinceMs = sinceOf(starts, byMs)
  const moved = follow(context, starts)
  journal.record('clock.stepped', { byMs, sinceMs })
  queue.forgetAfter(nowMs)
  queue.followClock(byMs)
  log.warn({ byMs, ...moved }, 'the clock was ahead before this start; access that was opened then moves back')
})

function follow(context: CommandContext, starts: readonly StartMoved[]): { grants: number; subscriptions: number } {
  const { db } = context
  const later = latenedByPauses(db, starts)
  const chainMs = starts[0]?.fromMs ?? 0
  const { changes: grants } = sql(
    db,
    `UPDATE grants SET starts_at_ms = starts_at_ms + ${shift(starts, 'starts_at_ms')}, expires_at_ms = expires_at_ms + ${shift(starts, 'starts_at_ms')},
       use_before_ms = use_before_ms + ${shift(starts, 'starts_at_ms')}, paused_at_ms = paused_at_ms + ${pauseShift(starts, 'starts_at_ms', 'paused_at_ms')}
     WHERE ended_at_ms IS NULL AND (starts_at_ms >= :chainMs OR paused_at_ms >= :chainMs) AND id NOT IN (SELECT grant_id FROM subscriptions)`,
  ).run({ chainMs })
  for (const { grantId, laterMs } of later) {
    // An end that was cut at the time to use it no longer says how long that pause was: it never comes earlier.
    sql(
      db,
      `UPDATE grants SET expires_at_ms = min(expires_at_ms + :laterMs, coalesce(use_before_ms, expires_at_ms + :laterMs))
       WHERE id = :grantId AND (:laterMs > 0 OR expires_at_ms IS NOT use_before_ms)`,
    ).run({ grantId, laterMs })
  }
  const began = `began_at_ms + ${shift(starts, 'began_at_ms')}`
  sql(
    db,
    `UPDATE grant_pauses SET began_at_ms = ${began}, ended_at_ms = max(ended_at_ms + ${shift(starts, 'ended_at_ms')}, ${began} + 1)
     WHERE ended_at_ms >= ?`,
  ).run(chainMs)
  for (const [table, column] of [
    ['local_usage', 'online_at_ms'],
    // An outage that goes on began by the same clock.
    ['router_reach', 'down_since_ms'],
    ['router_reach', 'down_until_ms'],
  ] as const)
    sql(db, `UPDATE ${table} SET ${column} = ${column} + ${shift(starts, column)} WHERE ${column} >= ?`).run(chainMs)
  const subscriptions = followWithSubscriptions(db, starts)
  shiftBoots(db, starts)
  return { grants, subscriptions }
}

/** SQL: by how much a moment moves that was written down at `column`. */
const shift = (starts: readonly StartMoved[], column: string, of: (start: StartMoved) => number = ({ byMs }) => byMs) =>
  `CASE ${starts
    .toReversed()
    .map((start) => `WHEN ${column} >= ${start.fromMs} THEN ${of(start)}`)
    .join(' ')} ELSE 0 END`

/**
 * The same of a pause's beginning. Of access that is older than these starts it is the earliest moment that it can have been, but for the
 * newest of them: nothing of it was used up while there was no power, and so it was told to its holder.
 */
const pauseShift = (starts: readonly StartMoved[], opened: string, began: string) =>
  `iif(${opened} >= ${starts[0]?.fromMs ?? 0}, ${shift(starts, began)}, ${shift(starts, began, ({ earliestByMs }) => earliestByMs)})`

/**
 * A pause that began before a start and ended in it was as long as their clocks differed, and so much later its access ends. At least a
 * millisecond is left of it.
 */
function latenedByPauses(db: Db, starts: readonly StartMoved[]): { grantId: string; laterMs: number }[] {
  const startOfEnd = `CASE ${starts
    .toReversed()
    .map(({ fromMs }) => `WHEN pause.ended_at_ms >= ${fromMs} THEN ${fromMs}`)
    .join(' ')} END`
  const longer = `${shift(starts, 'pause.ended_at_ms')} - ${pauseShift(starts, 'grants.starts_at_ms', 'pause.began_at_ms')}`
  return sql(
    db,
    `SELECT grant_id AS grantId, sum(max(${longer}, began_at_ms + 1 - pause.ended_at_ms)) AS laterMs
     FROM grant_pauses AS pause JOIN grants ON grants.id = grant_id
     WHERE grants.ended_at_ms IS NULL AND pause.ended_at_ms >= ? AND began_at_ms < ${startOfEnd} GROUP BY grant_id`,
  ).all(starts[0]?.fromMs ?? 0) as { grantId: string; laterMs: number }[]
}

/** The paid time of what was renewed since begins at the renewal, by the right time, unless paid time was left then. */
function followWithSubscriptions(db: Db, starts: readonly StartMoved[]): number {
  const chainMs = starts[0]?.fromMs ?? 0
  sql(
    db,
    `UPDATE subscriptions SET
       starts_at_ms = iif(starts_at_ms = created_at_ms, starts_at_ms + ${shift(starts, 'created_at_ms')}, starts_at_ms),
       suspended_at_ms = suspended_at_ms + ${shift(starts, 'suspended_at_ms')},
       disconnected_at_ms = disconnected_at_ms + ${shift(starts, 'disconnected_at_ms')}
     WHERE state <> 'cancelled'`,
  ).run()
  const renewals = sql(db, FIRST_RENEWALS).all(chainMs) as Renewal[]
  for (const { subscriptionId, atMs, beginsAtMs, paidBeforeMs } of renewals) {
    const shiftOf = (ms: number) => starts.findLast(({ fromMs }) => ms >= fromMs)?.byMs ?? 0
    const atRightMs = atMs + shiftOf(atMs)
    // At the earliest on its first day, or when what was paid before is over; of what is suspended when that began.
    const beginsRightMs =
      beginsAtMs < atMs
        ? beginsAtMs + shiftOf(beginsAtMs)
        : Math.max(atRightMs, beginsAtMs > atMs ? beginsAtMs : (paidBeforeMs ?? 0))
    sql(
      db,
      `UPDATE subscriptions SET paid_until_ms = paid_until_ms + :later, renewed_at_ms = renewed_at_ms + :byMs WHERE id = :subscriptionId`,
    ).run({ subscriptionId, later: beginsRightMs - beginsAtMs, byMs: atRightMs - atMs })
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
  /** Until when it had been paid. */
  paidBeforeMs: number | null
}

/** Later ones since then count on from the first. */
const FIRST_RENEWALS = `SELECT subscription_id AS subscriptionId, at_ms AS atMs, renewal.paid_until_ms - seconds * 1000 AS beginsAtMs,
    (SELECT paid_until_ms FROM subscription_history AS before WHERE before.subscription_id = renewal.subscription_id AND before.id < renewal.id
     ORDER BY before.id DESC LIMIT 1) AS paidBeforeMs
  FROM subscription_history AS renewal JOIN subscriptions ON subscriptions.id = subscription_id
  WHERE subscriptions.state <> 'cancelled' AND renewal.id IN
    (SELECT min(id) FROM subscription_history WHERE seconds IS NOT NULL AND about_payment_id IS NULL AND at_ms >= ? GROUP BY subscription_id)`
