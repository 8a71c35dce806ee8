import type { Clock } from '../clock.ts'
import { type CircuitBreaker, openCircuitBreaker } from '../routers/circuit-breaker.ts'

const QUIET = { firstMs: 2_000, longestMs: 30_000 }

/**
 * Routers whose port for Disconnect and CoA was silent: the many sessions that may end there at once do not each wait for it.
 * After a while one of them asks again.
 */
export class QuietRouters {
  readonly #clock: Clock
  readonly #breakers = new Map<number, CircuitBreaker<'no-answer'>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async ask<Answer extends { outcome: string }>(
    routerId: number,
    ask: () => Promise<Answer>,
  ): Promise<Answer | { outcome: 'no-answer' }> {
    const breaker = this.#breakerOf(routerId)
    const refusal = breaker.refusal()
    if (refusal) return { outcome: refusal }
    let outcome = 'no-answer'
    try {
      const answer = await ask()
      outcome = answer.outcome
      return answer
    } finally {
      if (outcome === 'no-answer') breaker.failed('no-answer')
      else breaker.succeeded()
    }
  }

  #breakerOf(routerId: number): CircuitBreaker<'no-answer'> {
    const known = this.#breakers.get(routerId)
    if (known) return known
    const breaker = openCircuitBreaker<'no-answer'>({ clock: this.#clock, ...QUIET })
    this.#breakers.set(routerId, breaker)
    return breaker
  }
}
