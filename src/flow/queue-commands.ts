import { sql } from '../store/database.ts'
import { command } from './command.ts'
import { deleteFailedBefore, deleteFailedJob, failedJobs } from './failed-job-table.ts'
import type { JobOrder } from './job-definition.ts'
import { keepStepOfRun } from './job-steps.ts'
import type { QueueName } from './queues.ts'

/** What an operator or the clock asks of the queue. */
export const enqueueJob = command('queue.enqueue', ({ queue }, order: JobOrder) => queue.enqueue(order))

/**
 * The clock's tick for a job with a schedule. A slot is used once, whatever comes twice; a job with a unique key is not made
 * while the last slot's still lives. An older slot counts: the wall clock was set back.
 */
export const tickSchedule = command(
  'queue.tick',
  ({ db, queue }, { name, slotMs }: { name: string; slotMs: number }) => {
    const { changes } = sql(
      db,
      `INSERT INTO schedules (name, last_slot_ms) VALUES (?, ?)
     ON CONFLICT (name) DO UPDATE SET last_slot_ms = excluded.last_slot_ms WHERE excluded.last_slot_ms <> last_slot_ms`,
    ).run(name, slotMs)
    return changes > 0 ? queue.enqueue({ name, payload: {} }) : undefined
  },
)

export const retryFailedJob = command('queue.retry', ({ queue }, { jobId }: { jobId: number }) =>
  queue.retryFailed(jobId) ? 'retried' : 'not-failed',
)

/** At most 500 in one commit, so that nothing else waits for it; `more` says to ask again. */
export const retryFailedJobs = command(
  'queue.retry-all',
  ({ db, queue }, filter: { queue?: string; name?: string; afterId?: number }) => {
    const found = failedJobs(db, { ...filter, limit: 500 })
    const retried = found.filter(({ id }) => queue.retryFailed(id)).length
    return { retried, afterId: found.at(-1)?.id ?? filter.afterId ?? 0, more: found.length === 500 }
  },
)

export const forgetFailedJob = command('queue.forget', ({ db }, { jobId }: { jobId: number }) =>
  deleteFailedJob(db, jobId) ? 'forgotten' : 'not-failed',
)

export const flushFailedJobs = command(
  'queue.flush',
  ({ db }, _input: Record<string, never>) => sql(db, 'DELETE FROM failed_jobs').run().changes,
)

/** Failed jobs that nobody has looked after for so long; at most 500 in one commit, `more` says to ask again. */
export const pruneFailedJobs = command('queue.prune-failed', ({ db }, { beforeMs }: { beforeMs: number }) => {
  const pruned = deleteFailedBefore(db, beforeMs, 500)
  return { pruned, more: pruned === 500 }
})

/** Running jobs end; the others wait until `untilMs`, or until the queue is resumed. */
export const pauseQueue = command(
  'queue.pause',
  ({ queue }, { name, untilMs, reason }: { name: QueueName; untilMs: number | null; reason: string }) =>
    queue.holds.pauseQueue(name, untilMs, reason),
)

export const resumeQueue = command('queue.resume', ({ queue }, { name }: { name: QueueName }) =>
  queue.holds.resumeQueue(name) ? 'resumed' : 'not-paused',
)

export const cancelJob = command('queue.cancel', ({ queue }, { jobId }: { jobId: number }) => queue.cancel(jobId))

/** A waiting job comes to the front, whatever its time and whatever holds it. */
export const runJobNow = command('queue.run-now', ({ queue }, { jobId }: { jobId: number }) => queue.runNow(jobId))

export const runNextJob = command('queue.run-next', ({ queue }, _input: Record<string, never>) => queue.runNext())

/** The work thread died: what it ran goes back to the queues. */
export const rescueJobs = command('queue.rescue', ({ queue }, { reason }: { reason: string }) =>
  queue.runs.rescue(reason),
)

export const followClock = command('queue.follow-clock', ({ queue }, { byMs }: { byMs: number }) =>
  queue.followClock(byMs),
)

export const queueCommands = [
  enqueueJob,
  tickSchedule,
  retryFailedJob,
  retryFailedJobs,
  forgetFailedJob,
  flushFailedJobs,
  pruneFailedJobs,
  pauseQueue,
  resumeQueue,
  cancelJob,
  runJobNow,
  runNextJob,
  keepStepOfRun,
  rescueJobs,
  followClock,
]
