import type { Clock } from '../clock.ts'

/** A router that comes back after a power cut may ask for all its guests at once. */
const BURST = 10_000
const PER_SECOND = 2_000

/** Requests of each router that are worked on: far above what a site needs, below what would starve the others. */
export class RateLimit {
  readonly #clock: Clock
  readonly #buckets = new Map<number, { left: number; atMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether one more may be worked on now. */
  take(routerId: number): boolean {
    const nowMs = this.#clock.nowMs()
    const bucket = this.#buckets.get(routerId) ?? this.#fill(routerId, nowMs)
    const passedMs = Math.max(0, nowMs - bucket.atMs)
    bucket.left = Math.min(BURST, bucket.left + (passedMs * PER_SECOND) / 1000)
    bucket.atMs = nowMs
    if (bucket.left < 1) return false
    bucket.left -= 1
    return true
  }
  #fill(routerId: number, atMs: number) {
    const bucket = { left: BURST, atMs }
    this.#buckets.set(routerId, bucket)
    return bucket
  }
}
