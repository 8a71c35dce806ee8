import type { Outcome } from './answer.ts'
import type { Nas } from './nas.ts'

export type Counts = Record<Outcome, number>

/** What became of packets, in all and router by router. */
export class Tally {
  readonly all: Counts = noneYet()
  readonly #routers = new Map<number, { name: string; counts: Counts }>()

  count(outcome: Outcome, nas?: Nas): void {
    this.all[outcome] += 1
    if (!nas) return
    const known = this.#routers.get(nas.routerId)
    if (known) known.counts[outcome] += 1
    else this.#routers.set(nas.routerId, { name: nas.name, counts: { ...noneYet(), [outcome]: 1 } })
  }

  /** Routers that have sent something since the start. */
  routers(): { routerId: number; name: string; counts: Readonly<Counts> }[] {
    return [...this.#routers].map(([routerId, { name, counts }]) => ({ routerId, name, counts }))
  }
}

const noneYet = (): Counts => ({
  accepted: 0,
  rejected: 0,
  accounted: 0,
  statusAnswered: 0,
  resent: 0,
  inProgress: 0,
  unknownClient: 0,
  malformed: 0,
  unknownCode: 0,
  wrongSecret: 0,
  unsigned: 0,
  rateLimited: 0,
  failed: 0,
})
