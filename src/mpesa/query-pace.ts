import type { Clock } from '../clock.ts'

/** How often the whole site may ask M-PESA about prompts; the allowance is per app, and nobody publishes it. */
export interface QueryPace {
  /** Takes the next turn to ask, or says how long to wait before trying for one. */
  take(): { ok: true } | { ok: false; waitMs: number }
  /** A query was answered without complaint. */
  clean(): void
  /** A query was refused as too many. */
  slowDown(): void
}

/** So many answers without complaint halve the spacing. */
const CLEAN_STREAK = 20
const SHORTEST_MS = 1_000
const LONGEST_MS = 5 * 60_000

/** One query at a time, `spacingMs` apart at first: closer after a streak of clean answers, twice as far after a refusal. */
export function openQueryPace({ clock, spacingMs }: { clock: Clock; spacingMs: number }): QueryPace {
  const shortestMs = Math.min(SHORTEST_MS, spacingMs)
  const longestMs = Math.max(LONGEST_MS, spacingMs)
  let currentMs = spacingMs
  let streak = 0
  let lastTurnMs = Number.NEGATIVE_INFINITY

  return {
    take() {
      const nowMs = clock.nowMs()
      const waitMs = lastTurnMs + currentMs - nowMs
      // A wait longer than the spacing means that the clock was set back.
      if (waitMs > 0 && waitMs <= currentMs) return { ok: false, waitMs }
      lastTurnMs = nowMs
      return { ok: true }
    },
    clean() {
      streak += 1
      if (streak < CLEAN_STREAK) return
      streak = 0
      currentMs = Math.max(shortestMs, Math.ceil(currentMs / 2))
    },
    slowDown() {
      streak = 0
      currentMs = Math.min(longestMs, currentMs * 2)
    },
  }
}
