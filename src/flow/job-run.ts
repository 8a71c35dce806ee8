import type { Clock } from '../clock.ts'
import { asError, MlangoError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Store, StoreClient } from '../store/client.ts'
import type { Fence } from '../store/protocol.ts'
import type { ClaimedJob } from './claims.ts'
import type { AnyJobDefinition } from './job-definition.ts'
import type { JobOutcome } from './job-outcome.ts'
import { openSteps, type Steps } from './job-steps.ts'
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

/** What the runs of a thread have in common. */
export interface RunParts {
  /** The hands of the handlers. */
  services: object
  client: StoreClient
  clock: Clock
  log: Log
}

/** How long a handler may take to heed its signal before it counts as stuck. */
const GRACE_MS = 5_000

/** Why a handler's signal ended: the daemon stops. */
const STOPPING = 'stopping'

/** One run of a job: its handler, its time, and what it came to. */
export class JobRun {
  readonly job: ClaimedJob
  readonly fence: Fence
  readonly stop = new RunStop()
  /** How long the handler took; 0 while it runs. */
  ranMs = 0
  #cancelled = false
  /** Made only for who waits for it. */
  #stored: PromiseWithResolvers<void> | undefined

  constructor(job: ClaimedJob) {
    this.job = job
    this.fence = { jobId: job.jobId, epoch: job.epoch }
  }

  /** An operator wants it to end. */
  cancel(): void {
    this.#cancelled = true
    this.stop.tell(new MlangoError('job-cancelled', 'An operator has cancelled the job'))
  }

  /** The daemon stops. */
  cutShort(): void {
    this.stop.tell(new MlangoError(STOPPING, 'The daemon is stopping'))
  }

  /** Calls the handler. */
  async perform(definition: AnyJobDefinition | undefined, clock: Clock, services: RunServices): Promise<RunEnd> {
    if (!definition) return unknownJob(this.job)
    const { timeoutMs } = definition
    const startedMs = performance.now()
    const cancelTimeout = clock.after(timeoutMs, () =>
      this.stop.tell(new MlangoError('job-timed-out', `${this.job.name} took longer than ${timeoutMs} ms`)),
    )
    try {
      const payload = definition.payload.safeParse(this.job.payload)
      if (!payload.success) return { kind: 'discard', reason: `payload does not fit: ${payload.error.message}` }
      const outcome = await this.#unlessStuck(definition.run(payload.data, services), clock)
      // We hung up: that says nothing about the far end.
      const end = this.endIfTold()
      if (outcome.kind === 'offline' || outcome.kind === 'retry') return end ?? outcome
      if (end?.kind === 'released' && 'silent' in outcome) return withoutSilence(outcome)
      return outcome
    } catch (thrown) {
      const error = asError(thrown)
      return this.endIfTold() ?? { kind: 'threw', message: error.stack ?? error.message }
    } finally {
      cancelTimeout()
      this.ranMs = performance.now() - startedMs
    }
  }

  /** Resolves when its end is stored, or never will be. */
  whenStored(): Promise<void> {
    this.#stored ??= Promise.withResolvers()
    return this.#stored.promise
  }

  noteStored(): void {
    this.#stored?.resolve()
  }

  /** Says in the log what came of it. */
  tell(log: Log, end: RunEnd): void {
    const said = { ...this.said(), end: end.kind }
    if (end.kind === 'threw') log.error({ ...said, stack: end.message }, 'a job threw')
    else if (end.kind === 'timed-out') log.warn({ ...said, reason: end.message }, 'a job took too long')
    else if ('reason' in end) log.info({ ...said, reason: end.reason }, 'job ended')
    else log.info(said, 'job ended')
  }

  /** What the log says of it, however it ended. */
  said() {
    return { ...idsOf(this), ms: Math.round(this.ranMs), attempt: this.job.attempt }
  }

  /** Rejects when the run was told to stop and the handler did not heed it; the old run is then fenced off. */
  #unlessStuck(handled: Promise<JobOutcome>, clock: Clock): Promise<JobOutcome> {
    return new Promise((resolve, reject) => {
      handled.then(resolve, reject)
      this.stop.whenTold(() =>
        clock.after(GRACE_MS, () => reject(new MlangoError('job-stuck', `${this.job.name} does not stop`))),
      )
    })
  }

  /** What a run that was told to stop comes to, unless it got its work done. */
  endIfTold(): RunEnd | undefined {
    const { reason } = this.stop
    if (!reason) return undefined
    if (this.#cancelled) return { kind: 'cancelled' }
    return reason.code === STOPPING ? { kind: 'released' } : { kind: 'timed-out', message: reason.message }
  }
}

/** What every line of the log says of a run. */
export const idsOf = ({ job }: JobRun) => ({ jobId: job.jobId, job: job.name })

const unknownJob = ({ name, queue }: ClaimedJob): RunEnd => ({
  kind: 'discard',
  reason: `no job named ${name} in queue ${queue}`,
})

const withoutSilence = ({ silent: _, ...outcome }: Extract<JobOutcome, { silent?: string }>): JobOutcome => outcome

/** Gives each run what its handler gets. What costs as much as a cheap job is made only for a handler that looks at it. */
export function servicesOfRuns({ services, client, log }: RunParts): (run: JobRun) => RunServices {
  class OfRun implements RunServices {
    readonly #run: JobRun
    #store: Store | undefined
    #steps: Steps | undefined

    constructor(run: JobRun) {
      this.#run = run
    }

    get jobId() {
      return this.#run.job.jobId
    }

    get attempt() {
      return this.#run.job.attempt
    }

    get store() {
      this.#store ??= client.fenced(this.#run.fence)
      return this.#store
    }

    get log() {
      return log.child(idsOf(this.#run))
    }

    get signal() {
      return this.#run.stop.signal
    }

    get step() {
      this.#steps ??= openSteps(this.store, this.#run.job)
      return this.#steps
    }
  }
  // The hands of all runs, found behind what is each one's own.
  Object.setPrototypeOf(OfRun.prototype, services)
  return (run) => new OfRun(run)
}
