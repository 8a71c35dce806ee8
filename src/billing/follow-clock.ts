import { command } from '../flow/command.ts'
import { sql } from '../store/database.ts'

/**
 * The wall clock was set. A purchase that is open and was made since this start was timed by a clock that nobody sets: it is
 * as old as it was, so that its customer's window, its asking and its closing come when they would have come.
 */
export const followClockWithPayments = command(
  'payments.follow-clock',
  ({ db }, step: { byMs: number; sinceMs: number }) => {
    sql(
      db,
      `UPDATE payments SET created_at_ms = created_at_ms + :byMs, updated_at_ms = updated_at_ms + :byMs, retry_at_ms = retry_at_ms + :byMs
       WHERE created_at_ms >= :sinceMs
         AND state IN ('CREATED', 'SUBMITTING', 'PROMPTED', 'UNCERTAIN', 'REJECTED', 'DECLINED', 'EXPIRED', 'REVIEW')`,
    ).run(step)
  },
)
