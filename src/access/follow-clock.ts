import { type CommandContext, command } from '../flow/command.ts'
import { movedStarts, type StartMoved, shiftBoots, shiftOf, startOf } from '../flow/time-trust.ts'
import { type Db, sql } from '../store/database.ts'
import { type GrantRow, grantById } from './grant-table.ts'
import { accessEndMs } from './subscription-right.ts'
import { subscriptionById } from './subscription-table.ts'
import { setWholeEnd, wholeEndMs } from './whole-end.ts'

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
  journal.record('clock.stepped', { byMs, starts: told(starts) })
  queue.forgetAfter(nowMs + byMs)
  log.warn({ byMs, ...moved }, 'the clock was set; running access moves with it')
})

/** What other rooms move by; starts that move alike are one. */
const told = (starts: readonly StartMoved[]) =>
  starts
    .map(({ fromMs, byMs }) => ({ fromMs, byMs }))
    .filter(({ byMs }, at, all) => at === 0 || byMs !== all[at - 1]?.byMs)

/** The network had set the clock back before this start: the clock of the starts before, which was not believed, was ahead. */
export const followEarlierStarts = command('grants.follow-earlier-starts', (context, _input: Record<string, never>) => {
  const { db, journal, log, queue, nowMs } = context
  const all = movedStarts(db, 0)
  // It is never told to the millisecond; and a start whose power went before it came to this was by the right clock already.
  const ahead = all.filter((start) => start.byMs <= -2_000)
  const last = ahead.toSorted((one, other) => one.number - other.number).at(-1)
  if (last === undefined) return
  const { byMs } = last
  // Nothing is written in what came after, though it began before the hours by which that clock was ahead.
  const starts = all.filter(({ number }) => number <= last.number)
  const moved = follow(context, starts)
  journal.record('clock.stepped', { byMs, starts: told(starts) })
  queue.forgetAfter(nowMs)
  queue.followClock(byMs)
  log.warn({ byMs, ...moved }, 'the clock was ahead before this start; access that was opened then moves back')
})

function follow(context: CommandContext, starts: readonly StartMoved[]): { grants: number; subscriptions: number } {
  const { db } = context
  db.function('is_over_a_start', (beganMs: number, endedMs: number) => Number(isOverAStart(starts, beganMs, endedMs)))
  const longer = pausesOverAStart(db, starts)
  const chainMs = starts[0]?.fromMs ?? 0
  db.function('shift', (atMs: number | null) => atMs && shiftOf(starts, atMs))
  db.function(
    'pause_shift',
    (ranSinceMs: number, beganMs: number | null) => beganMs && pauseShift(starts, ranSinceMs, beganMs),
  )
  // It may come back when its refund is dropped, with what was left of it as of what stands still.
  sql(
    db,
    `UPDATE grant_parts SET withdrawn_at_ms = withdrawn_at_ms + (SELECT ${endShift('withdrawn_at_ms')} FROM grants WHERE id = grant_parts.grant_id)
     WHERE withdrawn_at_ms >= ?`,
  ).run(chainMs)
  const { changes: grants } = sql(
    db,
    `UPDATE grants SET starts_at_ms = starts_at_ms + shift(starts_at_ms), opened_at_ms = opened_at_ms + shift(opened_at_ms), expires_at_ms = expires_at_ms + shift(starts_at_ms),
       use_before_ms = use_before_ms + shift(starts_at_ms), paused_at_ms = paused_at_ms + pause_shift(${ranSince('paused_at_ms')}, paused_at_ms),
       ended_at_ms = ended_at_ms + ${endShift('ended_at_ms')}
     WHERE (ended_at_ms >= :chainMs OR ended_at_ms IS NULL AND (starts_at_ms >= :chainMs OR paused_at_ms >= :chainMs)) AND id NOT IN (SELECT grant_id FROM subscriptions)`,
  ).run({ chainMs })
  for (const [grantId, longerMs] of longer) {
    const grant = grantById(db, grantId) as GrantRow
    // Counted from the end that it had but for the time to use it, which cuts what comes of it again.
    setWholeEnd(db, grant, wholeEndMs(grant) + longerMs)
  }
  sql(
    db,
    `UPDATE grant_pauses SET began_at_ms = began_at_ms + shift(began_at_ms),
       ended_at_ms = max(ended_at_ms + shift(ended_at_ms), began_at_ms + shift(began_at_ms) + 1)
     WHERE ended_at_ms >= ?`,
  ).run(chainMs)
  sql(
    db,
    `UPDATE outages SET moved_ms = moved_ms + shift(began_at_ms + moved_ms),
       end_moved_ms = max(end_moved_ms + shift(ended_at_ms + end_moved_ms), began_at_ms + moved_ms + shift(began_at_ms + moved_ms) + 1 - ended_at_ms)
     WHERE ended_at_ms + end_moved_ms >= ?`,
  ).run(chainMs)
  // Else what was online then would never be taken for silent.
  sql(
    db,
    `UPDATE sessions SET started_at_ms = started_at_ms + shift(started_at_ms), updated_at_ms = updated_at_ms + shift(updated_at_ms),
       stopped_at_ms = stopped_at_ms + shift(stopped_at_ms)
     WHERE max(started_at_ms, updated_at_ms, coalesce(stopped_at_ms, 0)) >= ?`,
  ).run(chainMs)
  for (const [table, column] of [
    ['local_usage', 'online_at_ms'],
    // An outage that goes on began by the same clock.
    ['router_reach', 'down_since_ms'],
    ['router_reach', 'down_until_ms'],
  ] as const)
    sql(db, `UPDATE ${table} SET ${column} = ${column} + shift(${column}) WHERE ${column} >= ?`).run(chainMs)
  const subscriptions = followWithSubscriptions(db, starts)
  shiftBoots(db, starts)
  return { grants, subscriptions }
}

/**
 * SQL: since when a grant had run when it was stopped at `atMs`, to know by which start's clock its end is. A pause within one start was as
 * long as that clock says: the end is by the same clock as before.
 */
const ranSince = (atMs: string) =>
  `coalesce((SELECT max(earlier.ended_at_ms) FROM grant_pauses AS earlier WHERE earlier.grant_id = grants.id AND earlier.ended_at_ms <= ${atMs}
     AND earlier.began_at_ms >= starts_at_ms AND is_over_a_start(earlier.began_at_ms, earlier.ended_at_ms)), starts_at_ms)`

/** SQL: by how much the end of a grant moves. What was withdrawn stands still since. */
const endShift = (atMs: string) =>
  `iif(end_reason IS 'revoked', pause_shift(${ranSince(atMs)}, ${atMs}), shift(${atMs}))`

/** Whether a pause began before the start in which it ended. */
const isOverAStart = (starts: readonly StartMoved[], beganMs: number, endedMs: number): boolean =>
  beganMs < (startOf(starts, endedMs)?.fromMs ?? 0)

/**
 * By how much a pause's beginning moves. Of access that ran since a start whose clock stays as it was it is the earliest moment that it can
 * have been, but in the newest start: nothing of it was used up while there was no power, and so it was told to its holder. Any start since
 * may be the one whose clock was ahead, also one that need not move to have been before the next.
 */
function pauseShift(starts: readonly StartMoved[], ranSinceMs: number, beganMs: number): number {
  const [ran, began] = [startOf(starts, ranSinceMs), startOf(starts, beganMs)]
  if (began === undefined) return 0
  if (began.isNewest || (ran?.byMs ?? 0) !== 0) return began.byMs
  const wasAhead = starts.some(({ byMs }) => byMs < 0)
  return wasAhead ? -Math.max(0, began.lagMs - (ran?.lagMs ?? 0)) : 0
}

/**
 * How much longer than by their clocks the pauses of each grant were that were over a start. A pause that began before a start and ended
 * in it was as long as their clocks differed; at least a millisecond is left of it. What was before the start from which a grant is counted
 * now is behind it.
 */
function pausesOverAStart(db: Db, starts: readonly StartMoved[]): Map<string, number> {
  const pauses = sql(
    db,
    `SELECT grant_id AS grantId, ${ranSince('pause.began_at_ms')} AS ranSinceMs, began_at_ms AS beganMs, pause.ended_at_ms AS endedMs
     FROM grant_pauses AS pause JOIN grants ON grants.id = grant_id
     WHERE pause.ended_at_ms >= :chainMs AND pause.began_at_ms >= starts_at_ms AND coalesce(grants.ended_at_ms, :chainMs) >= :chainMs ORDER BY pause.id`,
  ).all({ chainMs: starts[0]?.fromMs ?? 0 }) as {
    grantId: string
    ranSinceMs: number
    beganMs: number
    endedMs: number
  }[]
  const moved = new Map<string, number>()
  for (const { grantId, ranSinceMs, beganMs, endedMs } of pauses) {
    if (!isOverAStart(starts, beganMs, endedMs)) continue
    const longerMs = Math.max(shiftOf(starts, endedMs) - pauseShift(starts, ranSinceMs, beganMs), beganMs + 1 - endedMs)
    moved.set(grantId, longerMs + (moved.get(grantId) ?? 0))
  }
  return moved
}

/** The paid time of what was renewed since begins at the renewal, by the right time, unless paid time was left then. */
function followWithSubscriptions(db: Db, starts: readonly StartMoved[]): number {
  const chainMs = starts[0]?.fromMs ?? 0
  sql(
    db,
    `UPDATE subscriptions SET
       starts_at_ms = iif(starts_at_ms = created_at_ms, starts_at_ms + shift(created_at_ms), starts_at_ms),
       suspended_at_ms = suspended_at_ms + shift(suspended_at_ms),
       disconnected_at_ms = disconnected_at_ms + shift(disconnected_at_ms)
     WHERE state <> 'cancelled'`,
  ).run()
  const renewals = sql(db, FIRST_RENEWALS).all(chainMs) as Renewal[]
  for (const { subscriptionId, atMs, beginsAtMs, paidBeforeMs } of renewals) {
    const atRightMs = atMs + shiftOf(starts, atMs)
    // At the earliest on its first day, or when what was paid before is over; of what is suspended when that began.
    const beginsRightMs =
      beginsAtMs < atMs
        ? beginsAtMs + shiftOf(starts, beginsAtMs)
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
