import { command } from '../flow/command.ts'
import type { EventData } from '../flow/events.ts'
import { shiftOf } from '../flow/time-trust.ts'
import { sql } from '../store/database.ts'

/**
 * The wall clock was set. A purchase that is open was timed by the clock of the start in which it was made, and of that in which it was
 * changed last: it is as old as it was, so that its customer's window, its asking and its closing come when they would have come.
 */
export const followClockWithPayments = command(
  'payments.follow-clock',
  ({ db }, { starts }: Pick<EventData<'clock.stepped'>, 'starts'>) => {
    const open = sql(
      db,
      `SELECT id, created_at_ms AS createdAtMs, updated_at_ms AS updatedAtMs FROM payments
       WHERE max(created_at_ms, updated_at_ms) >= :firstMs
         AND state IN ('CREATED', 'SUBMITTING', 'PROMPTED', 'UNCERTAIN', 'REJECTED', 'DECLINED', 'EXPIRED', 'REVIEW')`,
    ).all({ firstMs: starts[0]?.fromMs ?? 0 }) as { id: string; createdAtMs: number; updatedAtMs: number }[]
    for (const { id, createdAtMs, updatedAtMs } of open)
      sql(
        db,
        `UPDATE payments SET created_at_ms = created_at_ms + :createdByMs, updated_at_ms = updated_at_ms + :updatedByMs,
           retry_at_ms = retry_at_ms + :updatedByMs WHERE id = :id`,
      ).run({ id, createdByMs: shiftOf(starts, createdAtMs), updatedByMs: shiftOf(starts, updatedAtMs) })
  },
)
