import { MlangoError } from '../errors.ts'
import type { NamedCommand, StoreClient } from '../store/client.ts'
import { FINISH_DONE, FINISH_RUN, type FinishRun } from './engine.ts'
import type { JobRun } from './job-run.ts'
import type { DoneRun, RunEnd } from './run-ends.ts'

export const finishRun: NamedCommand<FinishRun, void> = { name: FINISH_RUN, run: () => {} }
const finishDone: NamedCommand<readonly DoneRun[], number[]> = { name: FINISH_DONE, run: () => [] }

/** More does not make a message cheaper, and the store can begin. */
const MOST_TOGETHER = 128

/** Whether it says nothing but that the work is done. */
export const isMerelyDone = (end: RunEnd): boolean =>
  end.kind === 'done' && end.effects.length === 0 && end.silent === undefined

/** The jobs that were no longer ours; undefined: each tells its end by itself. */
type Stale = ReadonlySet<number> | undefined

/** Ends of runs that say nothing but that the work is done: those of one turn of the thread are stored by one command. */
export class GatheredEnds {
  readonly #client: StoreClient
  #runs: JobRun[] = []
  #batch = Promise.withResolvers<Stale>()

  constructor(client: StoreClient) {
    this.#client = client
  }

  /** Resolves when the end is stored; rejects as it would have alone. */
  async add(run: JobRun): Promise<void> {
    const { promise } = this.#batch
    const together = this.#runs.push(run)
    if (together === 1) setImmediate(() => this.#send())
    else if (together >= MOST_TOGETHER) this.#send()
    const stale = await promise
    const { fence, ranMs } = run
    if (stale === undefined) await this.#client.run(finishRun, { fence, end: { kind: 'done', effects: [] }, ranMs })
    else if (stale.has(fence.jobId)) throw new MlangoError('stale-run', `Job ${fence.jobId} is no longer ours`)
  }

  #send(): void {
    const [runs, { resolve }] = [this.#runs, this.#batch]
    if (runs.length === 0) return
    this.#runs = []
    this.#batch = Promise.withResolvers()
    if (runs.length === 1) {
      resolve(undefined)
      return
    }
    const done = runs.map(({ fence: { jobId, epoch }, ranMs }) => [jobId, epoch, ranMs] as const)
    this.#client.run(finishDone, done).then(
      (stale) => resolve(new Set(stale)),
      () => resolve(undefined),
    )
  }
}
