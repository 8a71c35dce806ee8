import type { Clock } from '../../clock.ts'
import { MlangoError } from '../../errors.ts'

/** A router that is well has answered by then; who waits longer keeps a worker from others. */
const WAIT_MS = 2_000
/** No answer is worth more than this; until then nobody asks the same again. */
const LONGEST_MS = 25_000
/** What nobody has asked for since, as of a router that was away meanwhile, is told to nobody. */
const STALE_MS = 60_000

/** Reads of routers, of which a slow one goes on by itself: what it has come to is had by who asks next. */
export class PatientReads<Result> {
  readonly #clock: Clock
  readonly #underWay = new Map<number, Reading<Result>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Undefined while the router is still being read. Rejects as the read does. */
  async take(routerId: number, read: (signal: AbortSignal) => Promise<Result>): Promise<Result | undefined> {
    const known = this.#underWay.get(routerId)
    const isNews = known !== undefined && this.#clock.nowMs() - known.begunAtMs < STALE_MS
    const reading = isNews ? known : this.#begin(routerId, read)
    if (!reading.ended) await this.#patience(reading)
    if (!reading.ended) return undefined
    this.#underWay.delete(routerId)
    return reading.result
  }

  #begin(routerId: number, read: (signal: AbortSignal) => Promise<Result>): Reading<Result> {
    const tooLong = new AbortController()
    const cancel = this.#clock.after(LONGEST_MS, () =>
      tooLong.abort(new MlangoError('router-slow', 'It takes too long')),
    )
    const reading: Reading<Result> = {
      result: read(tooLong.signal),
      begunAtMs: this.#clock.nowMs(),
      ended: false,
      onEnd: () => {},
    }
    this.#underWay.set(routerId, reading)
    const ends = () => {
      cancel()
      reading.ended = true
      reading.onEnd()
    }
    reading.result.then(ends, ends)
    return reading
  }

  #patience(reading: Reading<Result>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(WAIT_MS, resolve)
      reading.onEnd = () => {
        cancel()
        resolve()
      }
    })
  }
}

interface Reading<Result> {
  result: Promise<Result>
  begunAtMs: number
  ended: boolean
  onEnd(): void
}
