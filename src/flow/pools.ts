import type { Clock } from '../clock.ts'
import { asError, MlangoError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { NamedCommand, Store, StoreClient } from '../store/client.ts'
import type { Fence } from '../store/protocol.ts'
import { FINISH_RUN, type FinishRun } from './engine.ts'
import type { JobCatalogue } from './job-definition.ts'
import type { ClaimedJob } from './queue.ts'
import type { RunEnd } from './run-ends.ts'

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

/** A full disk does not heal at once. */
const STORE_AGAIN_MS = 5_000

/** How long a stop may take to put unfinished jobs back, after the handlers' time is over. */
const RELEASE_MS = 500

const finishRun: NamedCommand<FinishRun, void> = { name: FINISH_RUN, run: () => {} }

interface Run {
  job: ClaimedJob
  fence: Fence
  stop: AbortController
  log: Log
}

/** Runs claimed jobs as async slots. The store hands out no more than there are slots, so there is nothing to queue here. */
export class Pools {
  readonly #catalogue: JobCatalogue
  readonly #services: object
  readonly #client: StoreClient
  readonly #clock: Clock
  readonly #log: Log
  readonly #running = new Map<Run, Promise<void>>()
  #stopping = false

  constructor(options: { catalogue: JobCatalogue; services: object; client: StoreClient; clock: Clock; log: Log }) {
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
      stop: new AbortController(),
      log: this.#log.child({ jobId: job.jobId, job: job.name }),
    }
    const ended = this.#stopping ? this.#finish(run, { kind: 'released' }) : this.#run(run)
    this.#running.set(
      run,
      ended.finally(() => this.#running.delete(run)),
    )
  }

  /** Tells every handler to stop; what is not done within `withinMs` goes back to its queue without an attempt. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true
    for (const { stop } of this.#running.keys()) stop.abort(new MlangoError('stopping', 'The daemon is stopping'))
    await this.#within(withinMs, [...this.#running.values()])
    const late = [...this.#running.keys()]
    await this.#within(
      RELEASE_MS,
      late.map((run) => this.#finish(run, { kind: 'released' })),
    )
  }

  async #run(run: Run): Promise<void> {
    const { job, log } = run
    const startedMs = performance.now()
    const end = await this.#handle(run)
    const ms = Math.round(performance.now() - startedMs)
    const said = { ms, attempt: job.attempt, end: end.kind }
    if (end.kind === 'threw') log.error({ ...said, stack: end.message }, 'a job threw')
    else if (end.kind === 'timed-out') log.warn({ ...said, reason: end.message }, 'a job took too long')
    else log.info({ ...said, ...('reason' in end && { reason: end.reason }) }, 'job ended')
    await this.#finish(run, end)
  }

  /** A run that does not end in the store would hold its slot until the next start, so its end is stored, whatever it takes. */
  async #finish(run: Run, end: RunEnd): Promise<void> {
    try {
      await this.#client.run(finishRun, { fence: run.fence, end })
    } catch (thrown) {
      const error = asError(thrown)
      const code = error instanceof MlangoError ? error.code : 'internal'
      run.log.warn({ err: error, end: end.kind }, 'the end of a run was not stored')
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

  async #handle({ job, fence, stop, log }: Run): Promise<RunEnd> {
    const definition = this.#catalogue[job.queue]?.[job.name]
    if (!definition) return { kind: 'discard', reason: `no job named ${job.name} in queue ${job.queue}` }

    const cancelTimeout = this.#clock.after(definition.timeoutMs, () =>
      stop.abort(new MlangoError('job-timed-out', `${job.name} took longer than ${definition.timeoutMs} ms`)),
    )
    const services: RunServices = {
      jobId: job.jobId,
      attempt: job.attempt,
      store: this.#client.fenced(fence),
      log,
      signal: stop.signal,
    }
    try {
      const payload = definition.payload.safeParse(job.payload)
      if (!payload.success) return { kind: 'discard', reason: `payload does not fit: ${payload.error.message}` }
      return await Promise.race([
        definition.run(payload.data, { ...this.#services, ...services }),
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
      const giveUp = () =>
        this.#clock.after(GRACE_MS, () => reject(new MlangoError('job-stuck', `${name} does not stop`)))
      signal.addEventListener('abort', giveUp, { once: true })
    })
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
