import type { Clock } from './clock.ts'

/** A smaller difference is drift, and followed without a word. */
const STEP_MS = 2_000

export interface SteadyClock extends Clock {
  /** By how much the wall clock has leapt since; 0 while it goes as time goes. */
  pendingStepMs(): number
  /** Goes with the wall clock from now on. */
  adopt(): void
}

/**
 * A clock that does not leap when the wall clock is set: what was sold by it goes on to the second, until whoever writes has
 * moved its ends by the same step.
 */
export function openSteadyClock(clock: Clock, monotonicMs: () => number): SteadyClock {
  let aheadMs = clock.nowMs() - monotonicMs()
  const driftMs = () => clock.nowMs() - monotonicMs() - aheadMs
  return {
    nowMs() {
      const drift = driftMs()
      if (Math.abs(drift) <= STEP_MS) aheadMs += drift
      return Math.round(aheadMs + monotonicMs())
    },
    after: (delayMs, callback) => clock.after(delayMs, callback),
    pendingStepMs() {
      const drift = driftMs()
      return Math.abs(drift) > STEP_MS ? Math.round(drift) : 0
    },
    adopt() {
      aheadMs += driftMs()
    },
  }
}
