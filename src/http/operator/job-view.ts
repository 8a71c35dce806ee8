import type { EndedJobRow } from '../../flow/ended-job-table.ts'
import type { FailedJobRow } from '../../flow/failed-job-table.ts'
import { errorsOf, type JobRow } from '../../flow/job-table.ts'
import { maskedPayload } from './masked-payload.ts'

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

/** Names only: what a step came to may be a secret. */
const stepsOf = ({ progress }: { progress: string }) => Object.keys(JSON.parse(progress) as object)

const isoTime = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())
