import { type Db, sql } from '../store/database.ts'
import { type CommandContext, command } from './command.ts'

/** A clock that shows an earlier time than this, before the release was written, was never set. */
const EARLIEST_MS = Date.UTC(2026, 0, 1)

/** Whether the clock is not trusted, in SQL, for queries that ask something else, too. */
export const CLOCK_IS_UNCERTAIN = "EXISTS (SELECT 1 FROM clock_trust WHERE state = 'uncertain')"
const ASK = `SELECT ${CLOCK_IS_UNCERTAIN}`

interface Look extends Pick<CommandContext, 'db' | 'nowMs'> {
  /** Where it has been asked for already. */
  isClockUncertain?: 0 | 1 | undefined
}

/**
 * Whether the wall clock is good enough to end things by, or to write to people. The one place that answers; while it says no,
 * what is due waits for the next look.
 */
export function isTimeTrusted({ db, nowMs, isClockUncertain }: Look): boolean {
  const isUncertain = isClockUncertain ?? sql(db, ASK).pluck().get()
  return nowMs >= EARLIEST_MS && isUncertain === 0
}

/**
 * By which time to judge what began at `beganAtMs`: now. While the clock is not trusted, the earliest that it can be now by the clock of
 * the start in which it began: what the daemon has run since counts, and no time without power. So nothing that was paid for is refused
 * or ended by a clock that is ahead, and nothing lasts longer than it was sold for while there is power.
 */
export function judgedAtMs(look: Look, beganAtMs: number): number {
  const { db, nowMs } = look
  const { lagMs } = timesToJudgeBy(look)
  if (lagMs === 0) return nowMs
  return sql(db, `SELECT ${judgedAt(':beganAtMs')}`)
    .pluck()
    .get({ beganAtMs, nowMs, lagMs }) as number
}

/** The same for many, in SQL: of what began at `began`; it asks for `nowMs` and `lagMs`. What is older than every start that is kept began at none. */
export const judgedAt = (began: string): string => judgedBy(lagAt(began))

/** SQL: what is by a clock that may be ahead by `lag` of what is believed. */
export const judgedBy = (lag: string): string => `:nowMs - iif(:lagMs = 0, 0, max(0, :lagMs - ${lag}))`

/** SQL: by how much the clock by which `at` was written down may be ahead of what is believed. */
export const lagAt = (at: string): string =>
  `coalesce((SELECT ${LAG_MS} FROM boots WHERE started_at_ms <= ${at} ORDER BY number DESC LIMIT 1), 0)`

/**
 * SQL: how long ago a moment was for certain; it asks for `nowMs` and `lagMs`. What is older than every start that is kept was before the oldest
 * of them.
 */
export const ageOf = (at: string): string => {
  const known = `iif(:lagMs = 0, ${at}, max(${at}, coalesce((SELECT started_at_ms FROM boots ORDER BY number LIMIT 1), 0)))`
  return `(${judgedAt(known)} - ${known})`
}

/** Whether a date is over for certain. */
export const isPast = (at: Pick<CommandContext, 'db' | 'nowMs'>, dateMs: number | null): boolean =>
  dateMs !== null && dateMs <= judgedAtMs(at, 0)

/** What began at `begunMs` or later is judged by now; what is older by a time that is at most `lagMs` earlier. */
export function timesToJudgeBy(look: Look): { begunMs: number; lagMs: number } {
  const start = isTimeTrusted(look) ? undefined : newestStart(look.db)
  return start ? { begunMs: start.startedMs, lagMs: start.lagMs } : { begunMs: 0, lagMs: 0 }
}

/** SQL: by how much the clock of a start may be ahead of what was written down while it was trusted: all the time without power since. */
export const LAG_MS = 'max(0, coalesce(started_at_ms - earliest_ms, 0))'

/**
 * Asked once at each start, before that is written down: the earliest that it can be is as late as the last thing that was written
 * down. Under a clock that was not trusted then either, as much later as that start lasted; one that was trusted in the end was right,
 * or has been put right.
 */
export function settleEarlierStarts(db: Db, knownMs: number): number {
  const wasTrusted = sql(db, ASK).pluck().get() === 0
  if (wasTrusted) sql(db, 'UPDATE boots SET earliest_ms = NULL WHERE earliest_ms IS NOT NULL').run()
  return knownMs - (newestStart(db)?.lagMs ?? 0)
}

function newestStart(db: Db): { startedMs: number; lagMs: number } | undefined {
  return sql(
    db,
    `SELECT started_at_ms AS startedMs, ${LAG_MS} AS lagMs FROM boots ORDER BY number DESC LIMIT 1`,
  ).get() as { startedMs: number; lagMs: number } | undefined
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

/** A start of the daemon, and by how much what was written down in it moves. */
export interface StartMoved {
  number: number
  fromMs: number
  byMs: number
  /** By how much its clock may have been ahead of what was believed: all the time without power since. */
  lagMs: number
  /** Of it alone the right time is known. */
  isNewest: boolean
}

/** In which start it was written down that something was at `atMs`. */
export const startOf = <Start extends Pick<StartMoved, 'fromMs'>>(starts: readonly Start[], atMs: number) =>
  starts.findLast(({ fromMs }) => atMs >= fromMs)

/** By how much a moment moves. */
export const shiftOf = (starts: readonly Pick<StartMoved, 'fromMs' | 'byMs'>[], atMs: number): number =>
  startOf(starts, atMs)?.byMs ?? 0

/**
 * The wall clock is set by `byMs`: this start and those before it since the clock was believed last, by their clocks. Was it behind, theirs
 * was so, too: nobody knows how long there was no power between them. Was it ahead, they move as far back as it takes for them to have
 * been before this one.
 */
export function movedStarts(db: Db, byMs: number): StartMoved[] {
  const starts = sql(
    db,
    `SELECT number, started_at_ms AS fromMs, coalesce(started_at_ms - earliest_ms, 0) AS lagMs FROM boots
     WHERE number = (SELECT max(number) FROM boots) OR earliest_ms IS NOT NULL ORDER BY number`,
  ).all() as { number: number; fromMs: number; lagMs: number }[]
  const newest = starts.at(-1)
  const moved = starts.map(({ number, fromMs, lagMs }) => {
    const isNewest = number === newest?.number
    const backMs = Math.min(0, byMs + (newest?.lagMs ?? 0) - lagMs)
    return { number, fromMs, lagMs, isNewest, byMs: isNewest || byMs > 0 ? byMs : backMs }
  })
  return moved.sort((one, other) => one.fromMs - other.fromMs)
}

export function shiftBoots(db: Db, starts: readonly StartMoved[]): void {
  for (const { number, byMs } of starts)
    sql(db, 'UPDATE boots SET started_at_ms = started_at_ms + ? WHERE number = ?').run(byMs, number)
}
