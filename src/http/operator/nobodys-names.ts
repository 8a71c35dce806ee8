import type { Clock } from '../../clock.ts'
import { MOST_FAILURES, SUSPENSION_MS } from '../../staff/staff.ts'

/** Names beyond this many are forgotten, oldest first: invented ones must not fill the memory. */
const MOST_NAMES = 10_000

/** Locks names that no operator has as `noteFailedSignIn` locks those of operators: who guesses cannot tell them apart. */
export function watchNobodysNames(clock: Clock): { noteFailedSignIn(username: string): 'noted' | 'suspended' } {
  const byName = new Map<string, { failures: number; suspendedUntilMs: number }>()
  return {
    noteFailedSignIn(username) {
      const nowMs = clock.nowMs()
      const { failures, suspendedUntilMs } = byName.get(username) ?? { failures: 0, suspendedUntilMs: 0 }
      if (suspendedUntilMs > nowMs) return 'suspended'
      const isLast = failures + 1 >= MOST_FAILURES
      byName.delete(username)
      byName.set(
        username,
        isLast
          ? { failures: 0, suspendedUntilMs: nowMs + SUSPENSION_MS }
          : { failures: failures + 1, suspendedUntilMs: 0 },
      )
      const oldest = byName.size > MOST_NAMES ? byName.keys().next().value : undefined
      if (oldest !== undefined) byName.delete(oldest)
      return 'noted'
    },
  }
}
