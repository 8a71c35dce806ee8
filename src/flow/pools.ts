import { setImmediate as nextTurn } from 'node:timers/promises'
import { asError, MlangoError } from '../errors.ts'
import type { Fence } from '../store/protocol.ts'
import type { ClaimedJob } from './claims.ts'
import { finishRun, GatheredEnds, isMerelyDone } from './gathered-ends.ts'
import type { AnyJobDefinition, JobCatalogue } from './job-definition.ts'
import { idsOf, JobRun, type RunParts, type RunServices, servicesOfRuns } from './job-run.ts'
import { type PoolName, poolNames } from './queues.ts'
import type { RunEnd } from './run-ends.ts'

/** After so many runs others have their turn of the thread, and what has ended goes to the store: cheap ones never wait for anything. */
const RUNS_PER_TURN = 128

/** A full disk does not heal at once. */
const STORE_AGAIN_MS = 5_000

/** How much of a stop's time is kept for the handlers after they were told to stop. */
const LAST_MS = 1_000

/** How long a stop may take to put unfinished jobs back, after the handlers' time is over. */
const RELEASE_MS = 500

/** Runs claimed jobs as async slots. Cheap local jobs need none: they come in batches, and those of a pool run one after the other. */
export class Pools {
  readonly #catalogue: JobCatalogue
  readonly #parts: RunParts
  readonly #servicesOf: (run: JobRun) => RunServices
  readonly #ends: GatheredEnds
  /** Local jobs of each pool: the first of them runs. */
  readonly #local: Record<PoolName, ClaimedJob[]> = { hotspot: [], payments: [], general: [] }
  /** Until their ends are stored. */
  readonly #running = new Set<JobRun>()
  /** In this turn, or since the last full one. */
  #begun = 0
  #turn: Promise<void> | undefined
  #stopping = false

  constructor({ catalogue, ...parts }: RunParts & { catalogue: JobCatalogue }) {
    this.#catalogue = catalogue
    this.#parts = parts
    this.#servicesOf = servicesOfRuns(parts)
    this.#ends = new GatheredEnds(parts.client, parts.log, {
      stored: (run) => this.#gone(run),
      refused: (run, end, thrown) => this.#refused(run, end, thrown),
    })
  }

  start(job: ClaimedJob): void {
    if (this.#stopping) this.#giveBack(job, { kind: 'released' })
    else if (!this.#definition(job)?.local) this.#begin(job)
    else if (this.#local[job.pool].push(job) === 1) this.#begin(job)
  }

  /** An operator wants the run to end. */
  cancel({ jobId, epoch }: Fence): void {
    const is = (job: ClaimedJob) => job.jobId === jobId && job.epoch === epoch
    for (const pool of poolNames) {
      const [first, ...waiting] = this.#local[pool]
      const job = waiting.find(is)
      if (!first || !job) continue
      this.#local[pool] = [first, ...waiting.filter((other) => other !== job)]
      this.#giveBack(job, { kind: 'cancelled' })
    }
    for (const run of this.#running) if (is(run.job)) run.cancel()
  }

  /**
   * Begins nothing new, and lets the handlers end: what hangs is told to stop for the last second of `withinMs`, and goes back
   * to its queue without an attempt. A push cut off at once could never be asked about, since its answer brings the id to ask by.
   */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true
    for (const pool of poolNames) {
      for (const job of this.#local[pool].splice(1)) this.#giveBack(job, { kind: 'released' })
    }
    if (withinMs > LAST_MS) await this.#storedWithin(withinMs - LAST_MS)
    for (const run of this.#running) run.cutShort()
    await this.#storedWithin(Math.min(withinMs, LAST_MS))
    for (const run of this.#running) this.#finish(run, { kind: 'released' })
    await this.#storedWithin(RELEASE_MS)
  }

  #begin(job: ClaimedJob): void {
    const run = new JobRun(job)
    this.#running.add(run)
    this.#perform(run)
  }

  /** Its run ends before it began. */
  #giveBack(job: ClaimedJob, end: RunEnd): void {
    const run = new JobRun(job)
    this.#running.add(run)
    this.#finish(run, end)
  }

  async #perform(run: JobRun): Promise<void> {
    while (this.#begun >= RUNS_PER_TURN) {
      this.#turn ??= this.#takeTurn()
      await this.#turn
    }
    this.#begun += 1
    // Much may have happened while it waited for its turn.
    const unbegun: RunEnd | undefined = this.#stopping ? { kind: 'released' } : run.endIfTold()
    const end = unbegun ?? (await run.perform(this.#definition(run.job), this.#parts.clock, this.#servicesOf(run)))
    const inHand = this.#local[run.job.pool]
    if (inHand[0] === run.job) {
      // The next one goes when the handler has ended: it must not wait for the disk.
      inHand.shift()
      if (inHand[0]) this.#begin(inHand[0])
    }
    if (isMerelyDone(end)) {
      this.#ends.add(run)
      return
    }
    if (!unbegun) run.tell(this.#parts.log, end)
    this.#finish(run, end)
  }

  async #takeTurn(): Promise<void> {
    await nextTurn()
    this.#begun = 0
    this.#turn = undefined
  }

  #finish(run: JobRun, end: RunEnd): void {
    this.#parts.client.run(finishRun, { fence: run.fence, end, ranMs: run.ranMs }).then(
      () => this.#gone(run),
      (thrown) => this.#refused(run, end, thrown),
    )
  }

  #gone(run: JobRun): void {
    this.#running.delete(run)
    run.noteStored()
  }

  /** A run that does not end in the store would hold its slot until the next start, so its end is stored, whatever it takes. */
  #refused(run: JobRun, end: RunEnd, thrown: unknown): void {
    const error = asError(thrown)
    const code = error instanceof MlangoError ? error.code : 'internal'
    this.#parts.log.warn({ ...idsOf(run), err: error, end: end.kind }, 'the end of a run was not stored')
    if (code === 'store-commit-failed') this.#parts.clock.after(STORE_AGAIN_MS, () => this.#finish(run, end))
    // A stale run has a successor, and when the store is gone the next start rescues the job.
    else if (code === 'stale-run' || code === 'store-gone' || end.kind === 'threw') this.#gone(run)
    // The effects were refused, so the work is not done.
    else this.#finish(run, { kind: 'threw', message: error.message })
  }

  #definition({ queue, name }: ClaimedJob): AnyJobDefinition | undefined {
    return this.#catalogue[queue]?.[name]
  }

  /** What runs now; what comes meanwhile goes back by itself. */
  async #storedWithin(withinMs: number): Promise<void> {
    let cancel = () => {}
    const over = new Promise<void>((resolve) => {
      cancel = this.#parts.clock.after(withinMs, resolve)
    })
    await Promise.race([Promise.all([...this.#running].map((run) => run.whenStored())), over])
    cancel()
  }
}
