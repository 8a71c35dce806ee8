import type { Clock } from '../clock.ts'
import type { Nas } from './nas.ts'
import { AUTHENTICATOR, type Packet } from './packet.ts'

/** Where a request came from. */
export interface Sender {
  readonly address: string
  readonly port: number
  /** Known already where a certificate says who it is. */
  readonly nas?: Nas
}

const KEPT_MS = 15_000
const MOST_ENTRIES = 16_384
const PAGE_BYTES = 65_536

/**
 * Requests of the last seconds with the octets of their answers (RFC 5080 section 2.2.2). The same sender, port, id and
 * code with a new authenticator is a new request, and takes the place of the old one.
 *
 * Each request has a number, and what is known of it stands in a ring of plain numbers: objects that live for seconds are
 * carried about by the garbage collector, which cost more than the look.
 */
export class Duplicates {
  readonly #clock: Clock
  /** By address, then by port, code and id as one number. Only routers that are known come here, so their addresses are few. */
  readonly #numbers = new Map<string, Map<number, number>>()
  #oldest = 0
  #next = 0
  readonly #atMs = new Float64Array(MOST_ENTRIES)
  readonly #keys = new Int32Array(MOST_ENTRIES)
  readonly #ofAddress: Map<number, number>[] = []
  readonly #authenticators = new Int32Array(4 * MOST_ENTRIES)
  /** Replies stand one behind the other on pages, which nobody writes to again. */
  readonly #pages: (Buffer | undefined)[] = []
  readonly #ends = new Int32Array(MOST_ENTRIES)
  /** 0 while the request is being worked on. */
  readonly #lengths = new Int32Array(MOST_ENTRIES)
  #page = Buffer.alloc(0)
  #written = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The reply to send again; `in-progress` when the first one is not answered yet; the number of a new request. */
  begin({ address, port }: Sender, packet: Packet): Buffer | 'in-progress' | number {
    const key = (port << 12) | (packet.code << 8) | packet.id
    const ofAddress = this.#numbersOf(address)
    const nowMs = this.#clock.nowMs()
    const known = ofAddress.get(key)
    if (known !== undefined && this.#isOf(known, packet, nowMs)) return this.#replyTo(known) ?? 'in-progress'
    this.#forgetOld(nowMs)
    const number = this.#next
    const at = number % MOST_ENTRIES
    this.#next += 1
    this.#atMs[at] = nowMs
    this.#keys[at] = key
    this.#ofAddress[at] = ofAddress
    for (let word = 0; word < 4; word += 1) this.#authenticators[4 * at + word] = wordOf(packet, word)
    this.#pages[at] = undefined
    this.#lengths[at] = 0
    ofAddress.set(key, number)
    return number
  }

  finish(number: number, reply: Buffer): void {
    if (number < this.#oldest) return
    if (this.#written + reply.length > this.#page.length) {
      this.#page = Buffer.allocUnsafeSlow(PAGE_BYTES)
      this.#written = 0
    }
    this.#page.set(reply, this.#written)
    this.#written += reply.length
    const at = number % MOST_ENTRIES
    this.#pages[at] = this.#page
    this.#ends[at] = this.#written
    this.#lengths[at] = reply.length
  }

  /** It was not answered: when it comes again, it is worked on again. */
  forget(number: number): void {
    const at = number % MOST_ENTRIES
    const key = this.#keys[at] as number
    // Later ones have taken its place in the ring, or that of its id.
    if (number >= this.#oldest && this.#ofAddress[at]?.get(key) === number) this.#ofAddress[at]?.delete(key)
  }

  #isOf(number: number, packet: Packet, nowMs: number): boolean {
    const at = number % MOST_ENTRIES
    if (nowMs - (this.#atMs[at] as number) >= KEPT_MS) return false
    for (let word = 0; word < 4; word += 1)
      if (this.#authenticators[4 * at + word] !== wordOf(packet, word)) return false
    return true
  }

  #replyTo(number: number): Buffer | undefined {
    const at = number % MOST_ENTRIES
    const [end, length] = [this.#ends[at] as number, this.#lengths[at] as number]
    return length === 0 ? undefined : this.#pages[at]?.subarray(end - length, end)
  }

  #numbersOf(address: string): Map<number, number> {
    const known = this.#numbers.get(address)
    if (known) return known
    const fresh = new Map<number, number>()
    this.#numbers.set(address, fresh)
    return fresh
  }

  #forgetOld(nowMs: number): void {
    while (this.#oldest < this.#next) {
      const at = this.#oldest % MOST_ENTRIES
      if (nowMs - (this.#atMs[at] as number) < KEPT_MS && this.#next - this.#oldest < MOST_ENTRIES) return
      this.forget(this.#oldest)
      this.#pages[at] = undefined
      this.#oldest += 1
    }
  }
}

const wordOf = ({ bytes }: Packet, word: number): number => bytes.readInt32BE(AUTHENTICATOR + 4 * word)
