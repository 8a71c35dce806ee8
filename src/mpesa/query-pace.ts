import type { Clock } from '../clock.ts'

/** How often the whole site may ask M-PESA about prompts; the allowance is per app, and nobody publishes it. */
export interface QueryPace {
  /** Takes the next turn to ask, or says how long to wait before trying for one. */
  take(): { ok: true } | { ok: false; waitMs: number }
  /** How long until the next turn; takes none. */
  waiting(): { ok: false; waitMs: number }
  /** The first of these that was not asked about within the last `restMs`. It counts as asked about now. */
  choose<Prompt extends { paymentId: string }>(prompts: readonly Prompt[], restMs: number): Prompt | undefined
  /** A query was answered without complaint. */
  clean(): void
  /** A query about this payment was refused as too many: it does not count as asked about. */
  slowDown(paymentId: string): void
}

/** So many answers without complaint halve the spacing. */
const CLEAN_STREAK = 20
const SHORTEST_MS = 1_000
const LONGEST_MS = 5 * 60_000
/** More than are asked about while one customer waits. */
const REMEMBERED = 1_000

/** One query at a time, `spacingMs` apart at first: closer after a streak of clean answers, twice as far after a refusal. */
export function openQueryPace({ clock, spacingMs }: { clock: Clock; spacingMs: number }): QueryPace {
  const shortestMs = Math.min(SHORTEST_MS, spacingMs)
  const longestMs = Math.max(LONGEST_MS, spacingMs)
  let currentMs = spacingMs
  let streak = 0
  let lastTurnMs = Number.NEGATIVE_INFINITY
  /** Oldest first. */
  const askedAtMs = new Map<string, number>()

  return {
    take() {
      const nowMs = clock.nowMs()
      const waitMs = lastTurnMs + currentMs - nowMs
      // A wait longer than the spacing means that the clock was set back.
      if (waitMs > 0 && waitMs <= currentMs) return { ok: false, waitMs }
      lastTurnMs = nowMs
      return { ok: true }
    },
    waiting: () => ({ ok: false, waitMs: Math.max(0, lastTurnMs + currentMs - clock.nowMs()) }),
    choose(prompts, restMs) {
      const nowMs = clock.nowMs()
      const chosen = prompts.find(({ paymentId }) => {
        const passedMs = nowMs - (askedAtMs.get(paymentId) ?? Number.NEGATIVE_INFINITY)
        return passedMs < 0 || passedMs >= restMs
      })
      if (!chosen) return undefined
      askedAtMs.delete(chosen.paymentId)
      askedAtMs.set(chosen.paymentId, nowMs)
      const [oldest] = askedAtMs.keys()
      if (askedAtMs.size > REMEMBERED && oldest !== undefined) askedAtMs.delete(oldest)
      return chosen
    },
    clean() {
      streak += 1
      if (streak < CLEAN_STREAK) return
      streak = 0
      currentMs = Math.max(shortestMs, Math.ceil(currentMs / 2))
    },
    slowDown(paymentId) {
      askedAtMs.delete(paymentId)
      streak = 0
      currentMs = Math.min(longestMs, currentMs * 2)
    },
  }
}
