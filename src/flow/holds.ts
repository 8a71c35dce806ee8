import type { Db } from '../store/database.ts'
import type { ReadyJob } from './claim-table.ts'
import { deleteHold, dueHolds, type HoldRow, holdByKey, letGo, putHold } from './hold-table.ts'
import type { JobKinds } from './job-kinds.ts'
import { jobById, URGENT_ORD } from './job-table.ts'
import type { QueueName } from './queues.ts'
import { takeTurn } from './rates.ts'
import { offlineDelayMs } from './retry-policy.ts'

/** Jobs that go back to their queues in one commit; the rest follows at once. */
const MOST_AT_ONCE = 500

/** A probe that neither waits to run nor runs by then has been cancelled or kept back by something else: another one goes. */
const PROBE_LOOK_MS = 10_000

/** A target that answers within this time is quick, and stays so for this long after its answer. */
const QUICK_MS = 2_000
const STAYS_QUICK_MS = 5_000

const queueKey = (queue: QueueName) => `queue ${queue}`
const targetKey = (target: string) => `target ${target}`

/**
 * What keeps ready jobs back: a paused queue, a target that is down, a rate that is used up. A job is set aside when its turn
 * comes, so a hold costs the claim nothing however many jobs it holds, and they keep their places.
 *
 * INVARIANTS
 * - A target that is down sees one job at a time, the probe, until one is answered, or somebody else has reached it.
 * - Being held costs a job neither an attempt nor its place.
 */
export class Holds {
  readonly #db: Db
  readonly #kinds: JobKinds
  readonly #nowMs: () => number
  /** When they last answered quickly; a start knows of none. */
  readonly #quickAtMs = new Map<string, number>()

  constructor({ db, kinds, nowMs }: { db: Db; kinds: JobKinds; nowMs: () => number }) {
    this.#db = db
    this.#kinds = kinds
    this.#nowMs = nowMs
  }

  /** The hold that keeps this job back, or undefined: it may run now, and then it must, for it has used up its turn. */
  keepsBack(job: ReadyJob): string | undefined {
    if (job.ord === URGENT_ORD) return undefined
    const paused = queueKey(job.queue as QueueName)
    if (this.#active(paused)) return paused
    if (job.target !== null) {
      const hold = this.#active(targetKey(job.target))
      if (hold && hold.probeJobId !== job.id) return hold.key
    }
    const rate = this.#kinds.get(job.name)?.definition.rate
    if (rate === undefined) return undefined
    const nowMs = this.#nowMs()
    const key = `rate ${job.name} ${rate.key(JSON.parse(job.payload))}`
    const freeAtMs = takeTurn(this.#db, key, rate, nowMs)
    if (freeAtMs === undefined) return undefined
    if (!holdByKey(this.#db, key)) this.#put({ key, kind: 'rate', reason: '', sinceMs: nowMs, untilMs: freeAtMs })
    return key
  }

  /** Running jobs end; the others wait until `untilMs`, or until the queue is resumed. Survives a restart. */
  pauseQueue(queue: QueueName, untilMs: number | null, reason: string): void {
    this.#put({ key: queueKey(queue), kind: 'queue', reason, sinceMs: this.#nowMs(), untilMs })
  }

  /** False when it was not paused. */
  resumeQueue(queue: QueueName): boolean {
    const hold = this.#active(queueKey(queue))
    if (hold) this.#lift(hold)
    return hold !== undefined
  }

  /** A job found its target down. Returns the hold that it and the others wait for. */
  targetDown(target: string, jobId: number, reason: string): string {
    this.#quickAtMs.delete(target)
    const nowMs = this.#nowMs()
    const hold = this.#active(targetKey(target))
    // Jobs that were on their way when the target went down say nothing new.
    if (hold && hold.probeJobId !== jobId) return hold.key
    const failures = (hold?.failures ?? 0) + 1
    const key = targetKey(target)
    this.#put({
      key,
      kind: 'target',
      reason,
      sinceMs: hold?.sinceMs ?? nowMs,
      untilMs: nowMs + offlineDelayMs(failures),
      failures,
    })
    return key
  }

  /** A job that ran for `ranMs` got an answer, whatever it was. */
  targetAnswered(target: string, ranMs: number): void {
    if (ranMs <= QUICK_MS) this.#quickAtMs.set(target, this.#nowMs())
    else this.#quickAtMs.delete(target)
    this.targetBack(target)
  }

  /** Somebody else has reached it: what waits for it need not wait for its probe. */
  targetBack(target: string): void {
    const hold = this.#active(targetKey(target))
    if (hold) this.#lift(hold)
  }

  /** Whether the target answered quickly, and a moment ago. */
  isQuick(target: string): boolean {
    const agoMs = this.#nowMs() - (this.#quickAtMs.get(target) ?? Number.NEGATIVE_INFINITY)
    // A clock that was set back tells nothing.
    return agoMs >= 0 && agoMs < STAYS_QUICK_MS
  }

  /** A run ended without asking its target; if it was the probe, the next that waits goes in its place. */
  targetUnasked(target: string, jobId: number): void {
    const hold = this.#active(targetKey(target))
    if (hold?.probeJobId === jobId) putHold(this.#db, { ...hold, untilMs: this.#nowMs(), probeJobId: null })
  }

  /** A run ended and proves nothing about its target; if it was the probe, another goes after a while. */
  targetUnproven(target: string, jobId: number): void {
    const hold = this.#active(targetKey(target))
    if (hold?.probeJobId === jobId) this.targetDown(target, jobId, hold.reason)
  }

  /** What has waited long enough goes back to the queues. */
  letGoDue(): void {
    const nowMs = this.#nowMs()
    for (const hold of dueHolds(this.#db, nowMs)) {
      if (hold.kind === 'target' && !hold.lifted) this.#probe(hold)
      else if (hold.kind === 'rate' && !hold.lifted) this.#nextTurn(hold)
      else {
        if (!hold.lifted) this.#lift(hold)
        if (letGo(this.#db, hold.key, MOST_AT_ONCE).length < MOST_AT_ONCE) deleteHold(this.#db, hold.key)
      }
    }
  }

  #probe(hold: HoldRow): void {
    const nextLook = { ...hold, untilMs: this.#nowMs() + PROBE_LOOK_MS }
    const probe = hold.probeJobId === null ? undefined : jobById(this.#db, hold.probeJobId)
    if (probe?.state === 'ready' || probe?.state === 'running') {
      putHold(this.#db, nextLook)
      return
    }
    const [probeJobId] = letGo(this.#db, hold.key, 1)
    if (probeJobId === undefined) deleteHold(this.#db, hold.key)
    else putHold(this.#db, { ...nextLook, probeJobId })
  }

  #nextTurn(hold: HoldRow): void {
    const [jobId] = letGo(this.#db, hold.key, 1)
    const job = jobId === undefined ? undefined : jobById(this.#db, jobId)
    const rate = job && this.#kinds.get(job.name)?.definition.rate
    if (!job) deleteHold(this.#db, hold.key)
    else if (!rate) this.#lift(hold)
    else putHold(this.#db, { ...hold, untilMs: Math.ceil(this.#nowMs() + rate.perMs / rate.runs) })
  }

  #active(key: string): HoldRow | undefined {
    const hold = holdByKey(this.#db, key)
    return hold?.lifted === 0 ? hold : undefined
  }

  #lift(hold: HoldRow): void {
    putHold(this.#db, { ...hold, lifted: 1, untilMs: this.#nowMs(), probeJobId: null })
  }

  #put(hold: Omit<HoldRow, 'failures' | 'probeJobId' | 'lifted'> & { failures?: number }): void {
    putHold(this.#db, { failures: 0, probeJobId: null, lifted: 0, ...hold })
  }
}
