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

/**
 * By which time to judge what began at `beganAtMs`: now. While the clock is not trusted, the earliest that it can be now is the time for
 * what is older than this start: nothing that was paid for is refused or ended by a clock that is ahead. What began since is timed by
 * the same clock as now.
 */
export function judgedAtMs({ db, nowMs }: Pick<CommandContext, 'db' | 'nowMs'>, beganAtMs: number): number {
  const { begunMs, earliestMs } = timesToJudgeBy({ db, nowMs })
  return beganAtMs >= begunMs ? nowMs : earliestMs
}

/** Whether a date is over for certain. */
export const isPast = (at: Pick<CommandContext, 'db' | 'nowMs'>, dateMs: number | null): boolean =>
  dateMs !== null && dateMs <= judgedAtMs(at, 0)

/** The same for many: what began at `begunMs` or later is judged by now, what is older by `earliestMs`. */
export function timesToJudgeBy({ db, nowMs }: Pick<CommandContext, 'db' | 'nowMs'>): {
  begunMs: number
  earliestMs: number
} {
  const start = isTimeTrusted({ db, nowMs }) ? undefined : newestStart(db)
  if (!start) return { begunMs: 0, earliestMs: nowMs }
  return { begunMs: start.startedMs, earliestMs: Math.min(nowMs, start.earliestMs + nowMs - start.startedMs) }
}

/**
 * The earliest that it can be when the daemon starts: as late as the last thing that was written down. Under a clock that was not
 * trusted then either, as much later as that start lasted.
 */
export function earliestAtStart(db: Db, knownMs: number): number {
  const before = newestStart(db)
  const wasTrusted = sql(db, "SELECT 1 FROM clock_trust WHERE state = 'uncertain'").get() === undefined
  return before && !wasTrusted ? Math.min(knownMs, before.earliestMs + knownMs - before.startedMs) : knownMs
}

function newestStart(db: Db): { startedMs: number; earliestMs: number } | undefined {
  return sql(
    db,
    'SELECT started_at_ms AS startedMs, coalesce(earliest_ms, started_at_ms) AS earliestMs FROM boots ORDER BY number DESC LIMIT 1',
  ).get() as { startedMs: number; earliestMs: number } | undefined
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
export const bootStartedMs = (db: Db): number => newestStart(db)?.startedMs ?? 0

/** The wall clock was set: this start began that much earlier or later than it had seemed. */
export function shiftBoot(db: Db, byMs: number): void {
  sql(db, 'UPDATE boots SET started_at_ms = started_at_ms + ? WHERE number = (SELECT max(number) FROM boots)').run(byMs)
}
