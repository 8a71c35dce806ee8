import type { Clock } from '../clock.ts'
import { asError, MlangoError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { NamedCommand, Store, StoreClient } from '../store/client.ts'
import type { Fence } from '../store/protocol.ts'
import type { ClaimedJob } from './claims.ts'
import { FINISH_RUN, type FinishRun } from './engine.ts'
import type { AnyJobDefinition, JobCatalogue } from './job-definition.ts'
import type { JobOutcome } from './job-outcome.ts'
import { openSteps, type Steps } from './job-steps.ts'
import { type PoolName, poolNames } from './queues.ts'
import type { RunEnd } from './run-ends.ts'
import { RunStop } from './run-stop.ts'

/** What every handler gets beside the hands it needs. */
export interface RunServices {
  jobId: number
  attempt: number
  /** Fenced: a command of a run that lost its job is refused. */
  store: Store
  log: Log
  /** Ends at the job's time-out, when an operator cancels the job, and when the daemon stops. */
  signal: AbortSignal
  /** Does a part of the work once: what it came to is kept, also over power cuts and retries. */
  step: Steps
}

/** How long a handler may take to heed its signal before it counts as stuck. */
const GRACE_MS = 5_000

/** A full disk does not heal at once. */
const STORE_AGAIN_MS = 5_000

/** How much of a stop's time is kept for the handlers after they were told to stop. */
const LAST_MS = 1_000

/** How long a stop may take to put unfinished jobs back, after the handlers' time is over. */
const RELEASE_MS = 500

/** Why a handler's signal ended: the daemon stops. */
const STOPPING = 'stopping'

const finishRun: NamedCommand<FinishRun, void> = { name: FINISH_RUN, run: () => {} }

interface Run {
  job: ClaimedJob
  fence: Fence
  stop: RunStop
  /** An operator wants it to end. */
  cancelled: boolean
  /** How long the handler took; 0 while it runs. */
  ranMs: number
}

interface PoolsOptions {
  catalogue: JobCatalogue
  services: object
  client: StoreClient
  clock: Clock
  log: Log
}

/** Runs claimed jobs as async slots. Cheap local jobs need none: they come in batches, and those of a pool run one after the other. */
export class Pools {
  readonly #catalogue: JobCatalogue
  readonly #services: object
  readonly #client: StoreClient
  readonly #clock: Clock
  readonly #log: Log
  /** Local jobs of each pool: the first of them runs. */
  readonly #local: Record<PoolName, Run[]> = { hotspot: [], payments: [], general: [] }
  readonly #running = new Map<Run, Promise<void>>()
  #stopping = false

  constructor(options: PoolsOptions) {
    this.#catalogue = options.catalogue
    this.#services = options.services
    this.#client = options.client
    this.#clock = options.clock
    this.#log = options.log
  }

  start(job: ClaimedJob): void {
    const run: Run = {
      job,
      fence: { jobId: job.jobId, epoch: job.epoch },
      stop: new RunStop(),
      cancelled: false,
      ranMs: 0,
    }
    if (this.#stopping) this.#hold(run, this.#finish(run, { kind: 'released' }))
    else if (!this.#definition(job)?.local) this.#begin(run)
    else if (this.#local[job.pool].push(run) === 1) this.#beginLocal(run)
  }

  /** An operator wants the run to end. */
  cancel({ jobId, epoch }: Fence): void {
    const is = ({ fence }: Run) => fence.jobId === jobId && fence.epoch === epoch
    for (const pool of poolNames) {
      const [first, ...waiting] = this.#local[pool]
      const run = waiting.find(is)
      if (!first || !run) continue
      this.#local[pool] = [first, ...waiting.filter((other) => other !== run)]
      this.#hold(run, this.#finish(run, { kind: 'cancelled' }))
    }
    const run = [...this.#running.keys()].find(is)
    if (!run) return
    run.cancelled = true
    run.stop.tell(new MlangoError('job-cancelled', 'An operator has cancelled the job'))
  }

  /**
   * Begins nothing new, and lets the handlers end: what hangs is told to stop for the last second of `withinMs`, and goes back
   * to its queue without an attempt. A push cut off at once could never be asked about, since its answer brings the id to ask by.
   */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true
    const unbegun = poolNames.flatMap((pool) => this.#local[pool].splice(1))
    for (const run of unbegun) this.#hold(run, this.#finish(run, { kind: 'released' }))
    if (withinMs > LAST_MS) await this.#within(withinMs - LAST_MS, [...this.#running.values()])
    for (const { stop } of this.#running.keys()) stop.tell(new MlangoError(STOPPING, 'The daemon is stopping'))
    await this.#within(Math.min(withinMs, LAST_MS), [...this.#running.values()])
    const late = [...this.#running.keys()]
    await this.#within(
      RELEASE_MS,
      late.map((run) => this.#finish(run, { kind: 'released' })),
    )
  }

  #begin(run: Run): void {
    this.#hold(
      run,
      this.#run(run).then((end) => this.#finish(run, end)),
    )
  }

  /** The next one goes when the handler has ended: it must not wait for the disk. */
  #beginLocal(run: Run): void {
    const ended = this.#run(run).then((end) => {
      const inHand = this.#local[run.job.pool]
      inHand.shift()
      if (inHand[0]) this.#beginLocal(inHand[0])
      return this.#finish(run, end)
    })
    this.#hold(run, ended)
  }

  #hold(run: Run, ended: Promise<void>): void {
    this.#running.set(
      run,
      ended.finally(() => this.#running.delete(run)),
    )
  }

  async #run(run: Run): Promise<RunEnd> {
    const { job } = run
    const log = this.#log
    const startedMs = performance.now()
    const end = await this.#handle(run)
    run.ranMs = performance.now() - startedMs
    const said = { ...ofRun(run), ms: Math.round(run.ranMs), attempt: job.attempt, end: end.kind }
    if (end.kind === 'threw') log.error({ ...said, stack: end.message }, 'a job threw')
    else if (end.kind === 'timed-out') log.warn({ ...said, reason: end.message }, 'a job took too long')
    else log.info({ ...said, ...('reason' in end && { reason: end.reason }) }, 'job ended')
    return end
  }

  /** A run that does not end in the store would hold its slot until the next start, so its end is stored, whatever it takes. */
  async #finish(run: Run, end: RunEnd): Promise<void> {
    try {
      await this.#client.run(finishRun, { fence: run.fence, end, ranMs: run.ranMs })
    } catch (thrown) {
      const error = asError(thrown)
      const code = error instanceof MlangoError ? error.code : 'internal'
      this.#log.warn({ ...ofRun(run), err: error, end: end.kind }, 'the end of a run was not stored')
      // A stale run has a successor, and when the store is gone the next start rescues the job.
      if (code === 'stale-run' || code === 'store-gone') return
      if (code === 'store-commit-failed') {
        await new Promise<void>((resolve) => this.#clock.after(STORE_AGAIN_MS, resolve))
        return this.#finish(run, end)
      }
      // The effects were refused, so the work is not done.
      if (end.kind !== 'threw') return this.#finish(run, { kind: 'threw', message: error.message })
    }
  }

  async #handle(run: Run): Promise<RunEnd> {
    const { job, fence, stop } = run
    const log = this.#log
    const definition = this.#definition(job)
    if (!definition) return { kind: 'discard', reason: `no job named ${job.name} in queue ${job.queue}` }

    const cancelTimeout = this.#clock.after(definition.timeoutMs, () =>
      stop.tell(new MlangoError('job-timed-out', `${job.name} took longer than ${definition.timeoutMs} ms`)),
    )
    const store = this.#client.fenced(fence)
    // Signal and log are made for those who ask for them.
    const services = {
      __proto__: this.#services,
      jobId: job.jobId,
      attempt: job.attempt,
      store,
      get log() {
        return log.child(ofRun(run))
      },
      get signal() {
        return stop.signal
      },
      step: openSteps(store, job),
    } satisfies RunServices & { __proto__: object }
    try {
      const payload = definition.payload.safeParse(job.payload)
      if (!payload.success) return { kind: 'discard', reason: `payload does not fit: ${payload.error.message}` }
      const outcome = await Promise.race([definition.run(payload.data, services), this.#stuck(stop, job.name)])
      // We hung up: that says nothing about the far end.
      const end = cutShort(run)
      if (outcome.kind === 'offline' || outcome.kind === 'retry') return end ?? outcome
      if (end?.kind === 'released' && 'silent' in outcome) return withoutSilence(outcome)
      return outcome
    } catch (thrown) {
      const error = asError(thrown)
      return cutShort(run) ?? { kind: 'threw', message: error.stack ?? error.message }
    } finally {
      cancelTimeout()
    }
  }

  #definition({ queue, name }: ClaimedJob): AnyJobDefinition | undefined {
    return this.#catalogue[queue]?.[name]
  }

  /** Rejects when the run was told to stop and the handler did not heed it; the old run is then fenced off. */
  #stuck(stop: RunStop, name: string): Promise<never> {
    return new Promise((_, reject) =>
      stop.whenTold(() =>
        this.#clock.after(GRACE_MS, () => reject(new MlangoError('job-stuck', `${name} does not stop`))),
      ),
    )
  }

  async #within(withinMs: number, all: Promise<void>[]): Promise<void> {
    let cancel = () => {}
    const over = new Promise<void>((resolve) => {
      cancel = this.#clock.after(withinMs, resolve)
    })
    await Promise.race([Promise.all(all), over])
    cancel()
  }
}

const withoutSilence = ({ silent: _, ...outcome }: Extract<JobOutcome, { silent?: string }>): JobOutcome => outcome

/** What every line of the log says of a run. */
const ofRun = ({ job }: Run) => ({ jobId: job.jobId, job: job.name })

/** What a run that was told to stop comes to, unless it got its work done. */
function cutShort({ cancelled, stop: { reason } }: Run): RunEnd | undefined {
  if (!reason) return undefined
  if (cancelled) return { kind: 'cancelled' }
  return reason.code === STOPPING ? { kind: 'released' } : { kind: 'timed-out', message: reason.message }
}
