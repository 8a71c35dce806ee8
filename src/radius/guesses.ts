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
const MOST_KEYS = 10_000

/**
 * Wrong passwords of the last minutes. Only a device is ever shut out: when a user name or a router sees too many, each
 * device gets fewer tries, so that nobody can lock out others by guessing.
 */
export class Guesses {
  readonly #byDevice: WrongTries
  readonly #byUser: WrongTries
  readonly #byRouter: WrongTries

  constructor(clock: Clock) {
    this.#byDevice = new WrongTries(clock)
    this.#byUser = new WrongTries(clock)
    this.#byRouter = new WrongTries(clock)
  }

  isShutOut(guesser: Guesser): boolean {
    const tries = this.#byDevice.count(deviceOf(guesser))
    if (tries < TRIES_PER_DEVICE_UNDER_ATTACK) return false
    const attacked =
      this.#byUser.count(guesser.username) >= ATTACK_ON_USER ||
      this.#byRouter.count(guesser.routerId) >= ATTACK_ON_ROUTER
    return attacked || tries >= TRIES_PER_DEVICE
  }

  noteWrong(guesser: Guesser): void {
    this.#byDevice.note(deviceOf(guesser))
    this.#byUser.note(guesser.username)
    this.#byRouter.note(guesser.routerId)
  }
}

class WrongTries {
  readonly #clock: Clock
  readonly #wrong = new BoundedMap<string | number, { count: number; untilMs: number }>(MOST_KEYS)

  constructor(clock: Clock) {
    this.#clock = clock
  }

  note(key: string | number): void {
    const known = this.count(key)
    const untilMs = known === 0 ? this.#clock.nowMs() + WINDOW_MS : (this.#wrong.get(key)?.untilMs ?? 0)
    this.#wrong.delete(key)
    this.#wrong.set(key, { count: known + 1, untilMs })
  }

  count(key: string | number): number {
    const entry = this.#wrong.get(key)
    return entry && entry.untilMs > this.#clock.nowMs() ? entry.count : 0
  }
}

/** Of who cannot be told from others at all, the user name is what is left: a guess at one keeps out nobody but that one. */
const deviceOf = ({ routerId, username, macAddress, station }: Guesser) =>
  macAddress ?? `router ${routerId} ${station ? `station ${station}` : `name ${username}`}`
