import type { Clock } from '../clock.ts'
import { BoundedMap } from './bounded-map.ts'

/** Who tried a password. */
export interface Guesser {
  readonly routerId: number
  readonly username: string
  readonly macAddress: string | undefined
  /** Calling-Station-Id as it stands: of a tunnel it is the client's IP address. */
  readonly station: string | undefined
}

const WINDOW_MS = 5 * 60_000
const TRIES_PER_DEVICE = 10
const TRIES_PER_DEVICE_UNDER_ATTACK = 3
const ATTACK_ON_USER = 20
const ATTACK_ON_ROUTER = 300
const MOST_KEYS = 20_000

/**
 * Wrong passwords of the last minutes. Only a device is ever shut out: when a user name or a router sees too many, each
 * device gets fewer tries, so that nobody can lock out others by guessing.
 */
export class Guesses {
  readonly #clock: Clock
  readonly #wrong = new BoundedMap<string, { count: number; untilMs: number }>(MOST_KEYS)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  isShutOut(guesser: Guesser): boolean {
    const attacked =
      this.#count(userKey(guesser)) >= ATTACK_ON_USER || this.#count(routerKey(guesser)) >= ATTACK_ON_ROUTER
    return this.#count(deviceKey(guesser)) >= (attacked ? TRIES_PER_DEVICE_UNDER_ATTACK : TRIES_PER_DEVICE)
  }

  noteWrong(guesser: Guesser): void {
    for (const key of [deviceKey(guesser), userKey(guesser), routerKey(guesser)]) {
      const count = this.#count(key)
      const untilMs = count === 0 ? this.#clock.nowMs() + WINDOW_MS : (this.#wrong.get(key)?.untilMs ?? 0)
      this.#wrong.delete(key)
      this.#wrong.set(key, { count: count + 1, untilMs })
    }
  }

  #count(key: string): number {
    const entry = this.#wrong.get(key)
    return entry && entry.untilMs > this.#clock.nowMs() ? entry.count : 0
  }
}

/** Of who cannot be told from others at all, the user name is what is left: a guess at one keeps out nobody but that one. */
const deviceKey = ({ routerId, username, macAddress, station }: Guesser) =>
  macAddress !== undefined
    ? `device ${macAddress}`
    : `router ${routerId} ${station ? `station ${station}` : `name ${username}`}`
const userKey = ({ username }: Guesser) => `user ${username}`
const routerKey = ({ routerId }: Guesser) => `router ${routerId}`
