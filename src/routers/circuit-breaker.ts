import type { Clock } from '../clock.ts'

/** Lets nobody wait for what was found broken a moment ago: after a failure it refuses for a while, then lets one try. */
export interface CircuitBreaker<Failure> {
  /** Undefined: go ahead, and report how it went. Otherwise the failure that is still believed. */
  refusal(): Failure | undefined
  succeeded(): void
  failed(failure: Failure): void
}

interface BreakerOptions {
  clock: Clock
  /** Doubled by each failed try, up to `longestMs`. */
  firstMs: number
  longestMs: number
}

export function openCircuitBreaker<Failure>({ clock, firstMs, longestMs }: BreakerOptions): CircuitBreaker<Failure> {
  let believed: Failure | undefined
  let waitMs = firstMs
  let mayProbe = false
  let cancelWait = () => {}

  return {
    refusal() {
      if (believed !== undefined && !mayProbe) return believed
      // Whoever comes while this one tries is refused.
      mayProbe = false
      return undefined
    },
    succeeded() {
      cancelWait()
      believed = undefined
      mayProbe = false
      waitMs = firstMs
    },
    failed(failure) {
      cancelWait()
      believed = failure
      mayProbe = false
      cancelWait = clock.after(waitMs, () => {
        mayProbe = true
      })
      waitMs = Math.min(waitMs * 2, longestMs)
    },
  }
}
