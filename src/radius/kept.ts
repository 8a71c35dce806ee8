import type { Clock } from '../clock.ts'
import { BoundedMap } from './bounded-map.ts'

const MOST_KEYS = 4_096

/** Remembers each answer for a moment, also that there is none. */
export function kept<Value>(
  { forMs, clock }: { forMs: number; clock: Clock },
  find: (key: string) => Value,
): (key: string) => Value {
  const answers = new BoundedMap<string, { value: Value; untilMs: number; sinceMs: number }>(MOST_KEYS)
  return (key) => {
    const nowMs = clock.nowMs()
    const known = answers.get(key)
    // A clock that was set back must not keep an answer for years.
    if (known && nowMs < known.untilMs && nowMs >= known.sinceMs) return known.value
    const value = find(key)
    answers.set(key, { value, sinceMs: nowMs, untilMs: nowMs + forMs })
    return value
  }
}
