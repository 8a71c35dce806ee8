import type { Clock } from '../clock.ts'
import { asError, MlangoError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { NamedCommand, Store, StoreClient } from '../store/client.ts'
import type { Fence } from '../store/protocol.ts'
import { FINISH_RUN, type FinishRun } from './engine.ts'
import type { JobCatalogue } from './job-definition.ts'
import type { ClaimedJob, RunEnd } from './queue.ts'

/** What every handler gets beside the hands it needs. */
export interface RunServices {
  jobId: number
  attempt: number
  /** Fenced: a command of a run that lost its job is refused. */
  store: Store
  log: Log
  /** Ends at the job's time-out and when the daemon stops. */
  signal: AbortSignal
}

/** How long a handler may take to heed its signal before it counts as stuck. */
const GRACE_MS = 5_000

const finishRun: NamedCommand<FinishRun, void> = { name: FINISH_RUN, run: () => {} }

/** Runs claimed jobs as async slots. The store hands out no more than there are slots, so there is nothing to queue here. */
export class Pools {
  readonly #catalogue: JobCatalogue
  readonly #services: object
  readonly #client: StoreClient
  readonly #clock: Clock
  readonly #log: Log
  readonly #running = new Map<number, { stop: AbortController; ended: Promise<void> }>()
  #stopping = false

  constructor(options: { catalogue: JobCatalogue; services: object; client: StoreClient; clock: Clock; log: Log }) {
    this.#catalogue = options.catalogue
    this.#services = options.services
    this.#client = options.client
    this.#clock = options.clock
    this.#log = options.log
  }

  start(job: ClaimedJob): void {
    const stop = new AbortController()
    const ended = this.#run(job, stop).finally(() => this.#running.delete(job.jobId))
    this.#running.set(job.jobId, { stop, ended })
  }

  /** Tells every handler to stop; what is not done within `withinMs` goes back to its queue without an attempt. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true
    for (const { stop } of this.#running.values()) stop.abort(new MlangoError('stopping', 'The daemon is stopping'))
    const all = Promise.allSettled([...this.#running.values()].map(({ ended }) => ended))
    await Promise.race([all, new Promise<void>((resolve) => this.#clock.after(withinMs, resolve))])
  }

  async #run(job: ClaimedJob, stop: AbortController): Promise<void> {
    const fence: Fence = { jobId: job.jobId, epoch: job.epoch }
    const log = this.#log.child({ jobId: job.jobId, job: job.name })
    const startedMs = performance.now()
    const end = await this.#handle(job, fence, stop, log)
    const ms = Math.round(performance.now() - startedMs)
    if (end.kind === 'threw') log.error({ ms, attempt: job.attempt, stack: end.message }, 'a job threw')
    else
      log.info({ ms, attempt: job.attempt, end: end.kind, ...('reason' in end && { reason: end.reason }) }, 'job ended')
    try {
      await this.#client.run(finishRun, { fence, end })
    } catch (thrown) {
      // The job is still in the database: a stale run has a successor, and a lost acknowledgement ends in a rescue.
      log.warn({ err: asError(thrown) }, 'the end of a run was not stored')
    }
  }

  async #handle(job: ClaimedJob, fence: Fence, stop: AbortController, log: Log): Promise<RunEnd> {
    const definition = this.#catalogue[job.queue]?.[job.name]
    if (!definition) return { kind: 'discard', reason: `no job named ${job.name} in queue ${job.queue}` }
    const payload = definition.payload.safeParse(job.payload)
    if (!payload.success) return { kind: 'discard', reason: `payload does not fit: ${payload.error.message}` }

    const cancelTimeout = this.#clock.after(definition.timeoutMs, () =>
      stop.abort(new MlangoError('job-timed-out', `${job.name} took longer than ${definition.timeoutMs} ms`)),
    )
    const run: RunServices = {
      jobId: job.jobId,
      attempt: job.attempt,
      store: this.#client.fenced(fence),
      log,
      signal: stop.signal,
    }
    try {
      return await Promise.race([
        definition.run(payload.data, { ...this.#services, ...run }),
        this.#stuck(stop.signal, job.name),
      ])
    } catch (thrown) {
      if (this.#stopping) return { kind: 'released' }
      if (stop.signal.aborted) return { kind: 'timed-out', message: asError(stop.signal.reason).message }
      const error = asError(thrown)
      return { kind: 'threw', message: error.stack ?? error.message }
    } finally {
      cancelTimeout()
    }
  }

  /** Rejects when the signal has ended and the handler did not heed it; the old run is then fenced off. */
  #stuck(signal: AbortSignal, name: string): Promise<never> {
    return new Promise((_, reject) => {
      signal.addEventListener(
        'abort',
        () => this.#clock.after(GRACE_MS, () => reject(new MlangoError('job-stuck', `${name} does not stop`))),
        { once: true },
      )
    })
  }
}
