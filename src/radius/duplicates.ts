import type { Clock } from '../clock.ts'
import type { Nas } from './nas.ts'
import type { Packet } from './packet.ts'

/** Where a request came from. */
export interface Sender {
  readonly address: string
  readonly port: number
  /** Known already where a certificate says who it is. */
  readonly nas?: Nas
}

/** A request that is being worked on, or was. */
interface Entry {
  /** As a string of sixteen one-octet characters: the buffer would keep its whole datagram. */
  readonly authenticator: string
  readonly atMs: number
  /** Undefined while the request is being worked on. */
  reply: Buffer | undefined
}

const KEPT_MS = 15_000
const MOST_ENTRIES = 16_384

/**
 * Requests of the last seconds with the octets of their answers (RFC 5080 section 2.2.2). The same sender, port, id and
 * code with a new authenticator is a new request, and takes the place of the old one.
 */
export class Duplicates {
  readonly #clock: Clock
  /** In order of arrival. */
  readonly #entries = new Map<string, Entry>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The reply to send again; `in-progress` when the first one is not answered yet; undefined when it is new, and then it is noted. */
  begin(sender: Sender, request: Packet): Buffer | 'in-progress' | undefined {
    const key = keyOf(sender, request)
    const known = this.#entries.get(key)
    const nowMs = this.#clock.nowMs()
    const authenticator = request.authenticator.toString('latin1')
    if (known && nowMs - known.atMs < KEPT_MS && known.authenticator === authenticator) {
      return known.reply ?? 'in-progress'
    }
    if (known) this.#entries.delete(key)
    this.#entries.set(key, { authenticator, atMs: nowMs, reply: undefined })
    this.#forgetOld(nowMs)
    return undefined
  }

  finish(sender: Sender, request: Packet, reply: Buffer): void {
    const entry = this.#entries.get(keyOf(sender, request))
    if (entry && entry.authenticator === request.authenticator.toString('latin1')) entry.reply = reply
  }

  /** It was not answered: when it comes again, it is worked on again. */
  abandon(sender: Sender, request: Packet): void {
    const key = keyOf(sender, request)
    if (this.#entries.get(key)?.authenticator === request.authenticator.toString('latin1')) this.#entries.delete(key)
  }

  #forgetOld(nowMs: number): void {
    for (const [key, { atMs }] of this.#entries) {
      if (nowMs - atMs < KEPT_MS && this.#entries.size <= MOST_ENTRIES) return
      this.#entries.delete(key)
    }
  }
}

const keyOf = ({ address, port }: Sender, { code, id }: Packet) => `${address} ${port} ${code} ${id}`
