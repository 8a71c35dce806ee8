import * as z from 'zod'
import type { EndedJobRow } from '../../flow/ended-job-table.ts'
import type { FailedJobRow } from '../../flow/failed-job-table.ts'
import { errorsOf, type JobRow } from '../../flow/job-table.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'
import { maskedPayload } from './masked-payload.ts'

/** The order that was given. */
export const jobAnswer = z.object({ job_id: z.int() })

const common = {
  ...{ id: z.int(), name: z.string(), queue: z.string(), attempts: z.int(), rescues: z.int() },
  /** With its secrets masked. */
  payload: z.unknown(),
  created_at: isoTimeField,
  errors: z.array(z.object({ attempt: z.int(), at: isoTimeField, kind: z.string(), message: z.string() })),
}
const time = isoTimeField.nullable()

/** A job as it lives, has failed, or is done. */
export const jobView = z.discriminatedUnion('state', [
  z.object({
    ...common,
    state: z.enum(['ready', 'scheduled', 'running', 'held']),
    ...{ held_by: z.string().nullable(), target: z.string().nullable(), max_attempts: z.int() },
    ...{ cancelling: z.boolean(), run_at: isoTimeField, started_at: time, steps_done: z.array(z.string()) },
  }),
  z.object({
    ...common,
    ...{ state: z.literal('failed'), reason: z.string(), failed_at: isoTimeField, steps_done: z.array(z.string()) },
  }),
  z.object({
    ...common,
    ...{ state: z.literal('done'), outcome: z.enum(['done', 'cancelled']), started_at: time, ended_at: isoTimeField },
  }),
])

export const liveView = (job: JobRow) => ({
  ...commonView(job),
  state: job.heldBy === null ? job.state : 'held',
  held_by: job.heldBy,
  target: job.target,
  max_attempts: job.maxAttempts,
  cancelling: job.cancelAskedAtMs !== null,
  run_at: isoTime(job.runAtMs),
  started_at: isoTime(job.startedAtMs),
  steps_done: stepsOf(job),
})

export const failedView = (job: FailedJobRow) => ({
  ...commonView(job),
  state: 'failed',
  reason: job.reason,
  failed_at: isoTime(job.failedAtMs),
  steps_done: stepsOf(job),
})

/** `outcome` tells a job that was cancelled from one that did its work. */
export const endedView = (job: EndedJobRow) => ({
  ...commonView(job),
  state: 'done',
  outcome: job.outcome,
  started_at: isoTime(job.startedAtMs),
  ended_at: isoTime(job.endedAtMs),
})

const commonView = (job: JobRow | FailedJobRow | EndedJobRow) => ({
  id: job.id,
  name: job.name,
  queue: job.queue,
  attempts: job.attempt,
  rescues: job.rescues,
  payload: maskedPayload(JSON.parse(job.payload)),
  created_at: isoTime(job.createdAtMs),
  errors: errorsOf(job).map(({ attempt, atMs, kind, message }) => ({ attempt, at: isoTime(atMs), kind, message })),
})

/** Only the names of steps: what a step came to may be a secret. */
const stepsOf = ({ progress }: { progress: string }) => Object.keys(JSON.parse(progress) as object)
