import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import type { Outcome } from './answer.ts'

const QUIET_MS = 60_000

/** What to look at, where a drop has a cause that the operator can remove. */
const ADVICE: Partial<Record<Outcome, string>> = {
  unknownClient: 'RADIUS packets from an address that is no registered router',
  malformed: 'RADIUS packets that are malformed',
  wrongSecret: 'RADIUS packets made with another secret: the router and its entry here must have the same one',
  unsigned:
    'RADIUS packets without the Message-Authenticator that this router must send (require_message_authenticator)',
  failed: 'RADIUS requests that could not be answered',
  rateLimited: 'more RADIUS packets from one router than are answered',
}

/** One line a minute for each kind of dropped packet, with how many there were, however many come. */
export class DropLog {
  readonly #clock: Clock
  readonly #log: Log
  readonly #kinds = new Map<Outcome, { count: number; nextAtMs: number }>()

  constructor({ clock, log }: { clock: Clock; log: Log }) {
    this.#clock = clock
    this.#log = log
  }

  note(outcome: Outcome, { address, ...more }: { address: string; router?: string; err?: Error }): void {
    const advice = ADVICE[outcome]
    if (advice === undefined) return
    const nowMs = this.#clock.nowMs()
    const kind = this.#kinds.get(outcome) ?? { count: 0, nextAtMs: nowMs }
    this.#kinds.set(outcome, kind)
    kind.count += 1
    if (nowMs < kind.nextAtMs) return
    this.#log.warn({ outcome, address, ...more, dropped: kind.count }, advice)
    kind.count = 0
    kind.nextAtMs = nowMs + QUIET_MS
  }
}
