import type * as z from 'zod'
import type { JobOutcome } from './job-outcome.ts'

/** One kind of job. `Services` is what the handler may reach for; the pool hands it in. */
export interface JobDefinition<Payload extends object, Services> {
  payload: z.ZodType<Payload>
  /** Tries by the handler before the job counts as failed. Power cuts and crashes do not count. Default 3. */
  attempts?: number
  timeoutMs: number
  /** Wait before the second, third, ... try, each +-25 %. The last repeats. Default 10 s x 4 per try, at most 1 h. */
  backoffMs?: readonly number[]
  /** While a job with this key lives, in any state, a second one is not made. */
  uniqueBy?: (payload: Payload) => string
  /** An order that comes while it runs makes it run once more when it has ended: what it saw may be old. */
  rerun?: boolean
  /** Whom the job needs: `router 3`. While it is down, jobs for it wait together; see `offline`. */
  target?: (payload: Payload) => string | undefined
  /** For each key at most `runs` in any `perMs`; what is too much waits. */
  rate?: { key: (payload: Payload) => string; runs: number; perMs: number }
  /**
   * May take long: of all such jobs of a pool one runs at a time, so that they never hold all its workers. With the name of a
   * target: of those for that target, apart from the others, and only while it does not answer quickly.
   */
  alone?: true | string
  /** Cheap and without an outside effect: handed out in batches, and waits for no worker; those of a pool run one after the other. */
  local?: boolean
  /** Cron text in the site's time zone. */
  schedule?: string
  /** What an outage made of missed slots: one run for all of them (the default), or none. */
  catchUp?: 'once' | 'skip'
  run(payload: Payload, services: Services): Promise<JobOutcome>
}

// biome-ignore lint/suspicious/noExplicitAny: a catalogue holds jobs of every payload; each is checked where it is defined
export type AnyJobDefinition = JobDefinition<any, any>

/** Queue name -> job name -> definition: the whole of the work, as the folders under jobs/ show it. */
export type JobCatalogue = Readonly<Record<string, Readonly<Record<string, AnyJobDefinition>>>>

type Jobs<Catalogue extends JobCatalogue> = { [Queue in keyof Catalogue]: Catalogue[Queue] }[keyof Catalogue]
type Merged<Union> = (Union extends unknown ? (member: Union) => void : never) extends (all: infer All) => void
  ? All
  : never

/** Every job of a catalogue by its name alone. */
export type JobsByName<Catalogue extends JobCatalogue> = Merged<Jobs<Catalogue>>

export type JobPayload<Definition> = Definition extends { payload: z.ZodType<infer Payload> } ? Payload : never

/** The wish for a job, before it has an id. */
export interface JobOrder {
  name: string
  payload: unknown
  /** Not before this time; now when left out. */
  runAtMs?: number
}
