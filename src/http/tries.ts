import type { Clock } from '../clock.ts'

/** Counts tries per key in a sliding window; where guessing pays, it must be slow. */
export interface Tries {
  /** Seconds to wait, or 0 when this try is free; a free try is counted. */
  take(key: string): number
}

/** Keys beyond this many are forgotten, oldest first: a flood of invented addresses must not fill the memory. */
const MOST_KEYS = 10_000

export function limitTries({ most, windowMs, clock }: { most: number; windowMs: number; clock: Clock }): Tries {
  const byKey = new Map<string, number[]>()
  return {
    take(key) {
      const nowMs = clock.nowMs()
      const recent = (byKey.get(key) ?? []).filter((atMs) => atMs > nowMs - windowMs)
      byKey.delete(key)
      byKey.set(key, recent)
      const oldestKey = byKey.size > MOST_KEYS ? byKey.keys().next().value : undefined
      if (oldestKey !== undefined) byKey.delete(oldestKey)
      if (recent.length >= most) return Math.ceil(((recent[0] ?? nowMs) + windowMs - nowMs) / 1000)
      recent.push(nowMs)
      return 0
    },
  }
}
