import { type Db, sql } from '../store/database.ts'
import { type CommandContext, command } from './command.ts'

/** Before this release was written: a clock that was never set. */
const EARLIEST_MS = Date.UTC(2026, 0, 1)

/**
 * Whether the wall clock is good enough to end things by, or to write to people. The one place that answers; while it says no,
 * what is due waits for the next look.
 */
export function isTimeTrusted({ db, nowMs }: Pick<CommandContext, 'db' | 'nowMs'>): boolean {
  const uncertain = sql(db, "SELECT 1 FROM clock_trust WHERE state = 'uncertain'").get() !== undefined
  return nowMs >= EARLIEST_MS && !uncertain
}

/** What the machine itself says of its clock: set by the network, not yet set, or nothing. */
export type ClockSource = 'synchronized' | 'unsynchronized' | 'unknown'

/** Writes down what is thought of the wall clock; a change of mind is a fact. */
export const judgeClock = command(
  'clock.judge',
  ({ db, journal, nowMs }, { trusted, reason }: { trusted: boolean; reason: string }) => {
    const state = trusted ? 'trusted' : 'uncertain'
    const before = sql(db, 'SELECT state FROM clock_trust').pluck().get() ?? 'trusted'
    if (state === before) return
    sql(
      db,
      `INSERT INTO clock_trust (only, state, since_ms) VALUES (1, :state, :nowMs)
       ON CONFLICT (only) DO UPDATE SET state = excluded.state, since_ms = excluded.since_ms`,
    ).run({ state, nowMs })
    journal.record(trusted ? 'clock.trusted' : 'clock.uncertain', { reason })
  },
)

/** A step is written down by the time before it. */
const RIGHT_MS = `at_ms + CASE type WHEN 'clock.stepped' THEN data ->> 'byMs' ELSE 0 END`

/** The latest moment of which something is written down: it cannot be earlier than that now. */
export function lastKnownMs(db: Db): number {
  return sql(
    db,
    `SELECT max(coalesce((SELECT ${RIGHT_MS} FROM journal ORDER BY seq DESC LIMIT 1), 0), coalesce((SELECT max(minute_ms) FROM queue_minutes), 0),
       coalesce((SELECT started_at_ms FROM boots ORDER BY number DESC LIMIT 1), 0))`,
  )
    .pluck()
    .get() as number
}

/** When this start of the daemon began, by its own time: what began later was timed by a clock that nobody sets. */
export function bootStartedMs(db: Db): number {
  const startedMs = sql(db, 'SELECT started_at_ms FROM boots ORDER BY number DESC LIMIT 1').pluck().get()
  return (startedMs as number | undefined) ?? 0
}

/** The wall clock was set: this start began that much earlier or later than it had seemed. */
export function shiftBoot(db: Db, byMs: number): void {
  sql(db, 'UPDATE boots SET started_at_ms = started_at_ms + ? WHERE number = (SELECT max(number) FROM boots)').run(byMs)
}
