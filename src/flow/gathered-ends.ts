import { MlangoError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { NamedCommand, StoreClient } from '../store/client.ts'
import { FINISH_DONE, FINISH_RUN, type FinishRun } from './engine.ts'
import type { JobRun } from './job-run.ts'
import type { DoneRun, RunEnd } from './run-ends.ts'

export const finishRun: NamedCommand<FinishRun, void> = { name: FINISH_RUN, run: () => {} }
const finishDone: NamedCommand<readonly DoneRun[], number[]> = { name: FINISH_DONE, run: () => [] }

/** More does not make a message cheaper, and the store can begin. */
const MOST_TOGETHER = 128

export interface MerelyDone extends Extract<RunEnd, { kind: 'done' }> {
  effects: []
}

const done: MerelyDone = { kind: 'done', effects: [] }

/** Whether it says nothing but that the work is done. */
export const isMerelyDone = (end: RunEnd): end is MerelyDone =>
  end.kind === 'done' && end.effects.length === 0 && end.silent === undefined && !end.unasked

/** Who is told what became of the end of a run. A callback: a promise for each run is a tenth of a cheap one. */
export interface EndsTold {
  stored(run: JobRun): void
  /** As the end would have been refused alone. */
  refused(run: JobRun, end: MerelyDone, thrown: unknown): void
}

/** Ends of runs that say nothing but that the work is done: those of one turn of the thread are stored by one command, and are one line in the log. */
export class GatheredEnds {
  readonly #client: StoreClient
  readonly #log: Log
  readonly #told: EndsTold
  #runs: JobRun[] = []

  constructor(client: StoreClient, log: Log, told: EndsTold) {
    this.#client = client
    this.#log = log
    this.#told = told
  }

  add(run: JobRun): void {
    const together = this.#runs.push(run)
    if (together === 1) setImmediate(() => this.#send())
    else if (together >= MOST_TOGETHER) this.#send()
  }

  #send(): void {
    const runs = this.#runs
    const [first] = runs
    if (!first) return
    this.#runs = []
    if (runs.length === 1) {
      first.tell(this.#log, done)
      this.#sendAlone(first)
      return
    }
    this.#log.info({ jobs: runs.map((run) => run.said()), end: done.kind }, 'jobs ended')
    const ends = runs.map(({ fence: { jobId, epoch }, ranMs }) => [jobId, epoch, ranMs] as const)
    this.#client.run(finishDone, ends).then(
      (stale) => this.#tell(runs, new Set(stale)),
      () => {
        for (const run of runs) this.#sendAlone(run)
      },
    )
  }

  #sendAlone(run: JobRun): void {
    const { fence, ranMs } = run
    this.#client.run(finishRun, { fence, end: done, ranMs }).then(
      () => this.#told.stored(run),
      (thrown) => this.#told.refused(run, done, thrown),
    )
  }

  #tell(runs: readonly JobRun[], stale: ReadonlySet<number>): void {
    for (const run of runs) {
      const { jobId } = run.fence
      if (!stale.has(jobId)) this.#told.stored(run)
      else this.#told.refused(run, done, new MlangoError('stale-run', `Job ${jobId} is no longer ours`))
    }
  }
}
