import type { Clock } from '../../../src/clock.ts'

/** A clock that stands still until it is told how much time goes by. */
export class SteppedClock implements Clock {
  #nowMs = 1_800_000_000_000
  readonly #waiting = new Set<{ atMs: number; callback: () => void }>()

  nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, callback: () => void): () => void {
    const wait = { atMs: this.#nowMs + delayMs, callback }
    this.#waiting.add(wait)
    return () => this.#waiting.delete(wait)
  }

  step(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (let due = this.#nextDue(untilMs); due; due = this.#nextDue(untilMs)) {
      this.#waiting.delete(due)
      this.#nowMs = Math.max(this.#nowMs, due.atMs)
      due.callback()
    }
    this.#nowMs = untilMs
  }

  #nextDue(untilMs: number) {
    return [...this.#waiting].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0]
  }
}
