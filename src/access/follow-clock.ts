import { command } from '../flow/command.ts'
import { bootStartedMs, shiftBoot } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'

/**
 * The wall clock was set. What was opened since this start was timed by a clock that nobody sets: its ends move with the step,
 * so nothing is lost or won. What is older was written under the right time, and is judged by it again.
 */
export const followClockStep = command('grants.follow-clock', ({ db, log }, { byMs }: { byMs: number }) => {
  const fromMs = bootStartedMs(db)
  const { changes } = sql(
    db,
    `UPDATE grants SET starts_at_ms = starts_at_ms + :byMs, expires_at_ms = expires_at_ms + :byMs, paused_at_ms = paused_at_ms + :byMs
     WHERE ended_at_ms IS NULL AND starts_at_ms >= :fromMs`,
  ).run({ byMs, fromMs })
  shiftBoot(db, byMs)
  log.warn({ byMs, grants: changes }, 'the clock was set; running access moves with it')
})
