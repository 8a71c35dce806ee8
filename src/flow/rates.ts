import { type Db, sql } from '../store/database.ts'

/** `runs` at once, and then one every `perMs / runs`. */
export interface Rate {
  runs: number
  perMs: number
}

/** Takes a turn for this key. Returns undefined, or when the next turn is free. */
export function takeTurn(db: Db, key: string, { runs, perMs }: Rate, nowMs: number): number | undefined {
  const eachMs = perMs / runs
  // One number says all: when the key will have all its turns again.
  const known = sql(db, 'SELECT full_again_at_ms FROM rates WHERE key = ?').pluck().get(key) as number | undefined
  const fullAgainAtMs = Math.max(known ?? nowMs, nowMs) + eachMs
  const freeAtMs = fullAgainAtMs - perMs
  if (freeAtMs > nowMs) return Math.ceil(freeAtMs)
  sql(
    db,
    'INSERT INTO rates (key, full_again_at_ms) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET full_again_at_ms = excluded.full_again_at_ms',
  ).run(key, Math.ceil(fullAgainAtMs))
  return undefined
}

export function forgetFullRates(db: Db, nowMs: number): void {
  sql(db, 'DELETE FROM rates WHERE full_again_at_ms <= ?').run(nowMs)
}
