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

const KEPT_MS = 15_000
const MOST_ENTRIES = 16_384

/** A request that is being worked on, or was. */
export class Noted {
  readonly atMs: number
  /** Undefined while the request is being worked on. */
  reply: Buffer | undefined
  readonly #key: number
  readonly #ofAddress: Map<number, Noted>
  /** The authenticator, as four numbers: a buffer would keep its whole datagram. */
  readonly #first: number
  readonly #second: number
  readonly #third: number
  readonly #fourth: number

  constructor(ofAddress: Map<number, Noted>, key: number, { bytes }: Packet, atMs: number) {
    this.#ofAddress = ofAddress
    this.#key = key
    this.#first = bytes.readInt32BE(4)
    this.#second = bytes.readInt32BE(8)
    this.#third = bytes.readInt32BE(12)
    this.#fourth = bytes.readInt32BE(16)
    this.atMs = atMs
    ofAddress.set(key, this)
  }

  isOf({ bytes }: Packet): boolean {
    return (
      bytes.readInt32BE(4) === this.#first &&
      bytes.readInt32BE(8) === this.#second &&
      bytes.readInt32BE(12) === this.#third &&
      bytes.readInt32BE(16) === this.#fourth
    )
  }

  finish(reply: Buffer): void {
    this.reply = reply
  }

  /** It was not answered, or is no longer remembered: when it comes again, it is worked on again. */
  forget(): void {
    if (this.#ofAddress.get(this.#key) === this) this.#ofAddress.delete(this.#key)
  }
}

/**
 * Requests of the last seconds with the octets of their answers (RFC 5080 section 2.2.2). The same sender, port, id and
 * code with a new authenticator is a new request, and takes the place of the old one.
 */
export class Duplicates {
  readonly #clock: Clock
  /** By address, then by port, code and id as one number: a key of text for each packet costs more than the look. */
  readonly #noted = new Map<string, Map<number, Noted>>()
  /** In order of arrival, as a ring. */
  readonly #order: (Noted | undefined)[] = Array.from({ length: MOST_ENTRIES })
  #oldest = 0
  #count = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The reply to send again; `in-progress` when the first one is not answered yet; a note of it when it is new. */
  begin({ address, port }: Sender, packet: Packet): Buffer | 'in-progress' | Noted {
    const key = (port << 12) | (packet.code << 8) | packet.id
    const ofAddress = this.#ofAddress(address)
    const known = ofAddress.get(key)
    const nowMs = this.#clock.nowMs()
    if (known && nowMs - known.atMs < KEPT_MS && known.isOf(packet)) return known.reply ?? 'in-progress'
    this.#forgetOld(nowMs)
    const noted = new Noted(ofAddress, key, packet, nowMs)
    this.#order[(this.#oldest + this.#count) % MOST_ENTRIES] = noted
    this.#count += 1
    return noted
  }

  /** Only routers that are known come here, so their addresses are few. */
  #ofAddress(address: string): Map<number, Noted> {
    const known = this.#noted.get(address)
    if (known) return known
    const fresh = new Map<number, Noted>()
    this.#noted.set(address, fresh)
    return fresh
  }

  #forgetOld(nowMs: number): void {
    for (let oldest = this.#order[this.#oldest]; oldest; oldest = this.#order[this.#oldest]) {
      if (nowMs - oldest.atMs < KEPT_MS && this.#count < MOST_ENTRIES) return
      oldest.forget()
      this.#order[this.#oldest] = undefined
      this.#oldest = (this.#oldest + 1) % MOST_ENTRIES
      this.#count -= 1
    }
  }
}
