/** One batch on its way. Its range never changes: a resend carries the same `first_seq..last_seq`. */
export interface SentBatch {
  readonly firstSeq: number
  readonly lastSeq: number
  /** `flying`: no PUBACK yet. `resting`: the broker has it, the cloud's word is still out. `refused`: the broker said no. */
  state: 'flying' | 'resting' | 'refused' | 'settled'
  sends: number
  sentAtMs: number
  /** When to send it again; counts while it rests or was refused. */
  dueAtMs: number
}

const SHORTEST_RESEND_MS = 5_000
const LONGEST_RESEND_MS = 5 * 60_000
const LONGEST_ROUND_TRIP_MS = 60_000

/**
 * What was sent and is not yet known to be in the cloud, oldest first, and the gap-free prefix that is.
 * A slot is free again when its batch is settled: by PUBACK (`ack = broker`) or by the cloud's own word (`end-to-end`).
 */
export class SendWindow {
  readonly #ackedByBroker: boolean
  #batches: SentBatch[] = []
  #roundTripMs = 0
  /** Everything up to here is in the cloud. */
  ackedSeq: number
  /** Everything up to here was sent on this link. */
  sentSeq: number
  /** The highest ever sent; a word about more than this is not about us. */
  #highestSeq: number

  constructor(options: { ackedSeq: number; ack: 'broker' | 'end-to-end' }) {
    this.#ackedByBroker = options.ack === 'broker'
    this.ackedSeq = options.ackedSeq
    this.sentSeq = options.ackedSeq
    this.#highestSeq = options.ackedSeq
  }

  get size(): number {
    return this.#batches.length
  }

  add({ firstSeq, lastSeq }: { firstSeq: number; lastSeq: number }, nowMs: number): SentBatch {
    const batch: SentBatch = { firstSeq, lastSeq, state: 'flying', sends: 1, sentAtMs: nowMs, dueAtMs: nowMs }
    this.#batches.push(batch)
    this.sentSeq = lastSeq
    this.#highestSeq = Math.max(this.#highestSeq, lastSeq)
    return batch
  }

  resent(batch: SentBatch, nowMs: number): void {
    batch.state = 'flying'
    batch.sends += 1
    batch.sentAtMs = nowMs
  }

  /** The broker took it. */
  taken(batch: SentBatch, nowMs: number): void {
    if (batch.state !== 'flying') return
    if (this.#ackedByBroker) {
      batch.state = 'settled'
      this.#advance()
    } else this.#rest(batch, 'resting', nowMs)
  }

  /** The broker said no; it may say yes later. */
  refused(batch: SentBatch, nowMs: number): void {
    if (batch.state === 'flying') this.#rest(batch, 'refused', nowMs)
  }

  /** The cloud has everything up to `seq`; false when that cannot be. */
  confirmed(seq: number, nowMs: number): boolean {
    if (seq > this.#highestSeq) return false
    if (seq <= this.ackedSeq) return true
    for (const batch of this.#batches) {
      if (batch.lastSeq > seq) break
      // Karn's rule: an answer to a batch that was sent twice does not say to which.
      if (batch.sends === 1) this.#measure(nowMs - batch.sentAtMs)
      batch.state = 'settled'
    }
    this.ackedSeq = seq
    this.sentSeq = Math.max(this.sentSeq, seq)
    this.#advance()
    return true
  }

  /** The link is gone: whatever is not in the cloud is to be sent again. */
  reset(): void {
    this.#batches = []
    this.sentSeq = this.ackedSeq
  }

  /**
   * The batch that waits to be sent again. Only ever the oldest: while the cloud does not answer, one batch every five minutes
   * asks whether it is back, and once it has this one the next follows at once.
   */
  get waiting(): SentBatch | undefined {
    const oldest = this.#batches[0]
    return oldest?.state === 'resting' || oldest?.state === 'refused' ? oldest : undefined
  }

  /** 0 when there is nothing to wait for any more; also when the wall clock was set back meanwhile. */
  waitMs(batch: SentBatch, nowMs: number): number {
    return nowMs < batch.sentAtMs ? 0 : Math.max(0, batch.dueAtMs - nowMs)
  }

  get isRefused(): boolean {
    return this.#batches.some(({ state }) => state === 'refused')
  }

  #rest(batch: SentBatch, state: 'resting' | 'refused', nowMs: number): void {
    const patienceMs = Math.max(SHORTEST_RESEND_MS, 4 * this.#roundTripMs)
    batch.state = state
    batch.dueAtMs = nowMs + Math.min(LONGEST_RESEND_MS, patienceMs * 2 ** Math.min(batch.sends - 1, 16))
  }

  #measure(measuredMs: number): void {
    // The wall clock may have been set in between.
    const roundTripMs = Math.min(Math.max(0, measuredMs), LONGEST_ROUND_TRIP_MS)
    this.#roundTripMs = this.#roundTripMs === 0 ? roundTripMs : 0.875 * this.#roundTripMs + 0.125 * roundTripMs
  }

  #advance(): void {
    const settled = this.#batches.findIndex(({ state }) => state !== 'settled')
    const gone = this.#batches.splice(0, settled === -1 ? this.#batches.length : settled)
    this.ackedSeq = Math.max(this.ackedSeq, gone.at(-1)?.lastSeq ?? 0)
  }
}
