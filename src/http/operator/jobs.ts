import { Hono } from 'hono'
import { z } from 'zod'
import { type FailedJobRow, failedJobById, failedJobs } from '../../flow/failed-job-table.ts'
import { errorsOf, type JobRow, jobById, liveJobs } from '../../flow/job-table.ts'
import { flushFailedJobs, forgetFailedJob, retryFailedJob, retryFailedJobs } from '../../flow/queue-commands.ts'
import { queueNames } from '../../flow/queues.ts'
import { call } from '../call.ts'
import type { House } from '../house.ts'
import { isoTimeField } from '../iso-time.ts'
import { problem } from '../problem.ts'
import type { Guards } from './guard.ts'
import { idCursor, idInPath, pageAnswer, pageOf, pageQuery } from './page.ts'

const filters = {
  queue: z.enum(queueNames as [string, ...string[]]).optional(),
  name: z.string().max(64).optional(),
}
const listQuery = pageQuery.extend({
  ...filters,
  state: z.enum(['ready', 'running', 'scheduled', 'failed', 'done']).default('failed'),
})
const retryBody = z
  .strictObject({ ...filters, all: z.boolean().optional() })
  .refine(({ queue, name, all }) => all || queue !== undefined || name !== undefined, 'give queue, name or "all": true')

const jobAnswer = z.looseObject({
  id: z.int(),
  name: z.string(),
  queue: z.string(),
  state: z.string(),
  attempts: z.int(),
  rescues: z.int(),
  payload: z.unknown(),
  errors: z.array(z.object({ attempt: z.int(), at: isoTimeField, kind: z.string(), message: z.string() })),
})

const calls = {
  list: call({
    does: 'Jobs in one state, oldest first; the failed ones unless said otherwise.',
    query: listQuery,
    answers: { 200: pageAnswer(jobAnswer) },
  }),
  one: call({ does: 'One job, with every attempt’s error.', answers: { 200: jobAnswer } }),
  retryMany: call({
    does: 'Failed jobs run again: of a queue, of a name, or all.',
    body: retryBody,
    answers: { 200: z.object({ retried: z.int() }) },
  }),
  retry: call({ does: 'A failed job runs again.', answers: { 202: z.object({ job_id: z.int() }) } }),
  forget: call({ does: 'Forgets a failed job.', answers: { 204: null } }),
  flush: call({ does: 'Forgets every failed job.', answers: { 200: z.object({ forgotten: z.int() }) } }),
}

/** Single jobs: what they are, what went wrong, and once more. A job that is done is not kept. */
export function jobsApi({ store, db }: House, { viewer, admin, audited }: Guards): Hono {
  const app = new Hono()

  app.get('/api/jobs', viewer, calls.list, (c) => {
    const { limit, cursor, state, queue, name } = c.var.query
    const filter = { ...(queue && { queue }), ...(name && { name }), afterId: idCursor(cursor) ?? 0, limit: limit + 1 }
    if (state === 'done') return c.json({ items: [], next_cursor: null })
    return state === 'failed'
      ? c.json(pageOf(failedJobs(db, filter), limit, failedView, (row) => String(row.id)))
      : c.json(pageOf(liveJobs(db, { ...filter, state }), limit, liveView, (row) => String(row.id)))
  })

  app.get('/api/jobs/:id', viewer, calls.one, (c) => {
    const jobId = idInPath(c, 'job')
    const live = jobById(db, jobId)
    const failed = live ? undefined : failedJobById(db, jobId)
    if (!live && !failed) throw unknownJob()
    return c.json(live ? liveView(live) : failedView(failed as FailedJobRow))
  })

  app.post('/api/jobs/retry', admin, calls.retryMany, async (c) => {
    const { queue, name } = c.var.body
    let retried = 0
    for (let afterId = 0, more = true; more; ) {
      const batch = await store.run(retryFailedJobs, { ...(queue && { queue }), ...(name && { name }), afterId })
      retried += batch.retried
      afterId = batch.afterId
      more = batch.more
    }
    await audited(c, 'job.retry-all', `${retried} jobs${queue ? ` of ${queue}` : ''}${name ? ` named ${name}` : ''}`)
    return c.json({ retried })
  })

  app.post('/api/jobs/:id/retry', admin, calls.retry, async (c) => {
    const jobId = idInPath(c, 'job')
    if ((await store.run(retryFailedJob, { jobId })) === 'not-failed') throw notFailed()
    await audited(c, 'job.retry', `job ${jobId}`)
    return c.json({ job_id: jobId }, 202)
  })

  app.delete('/api/jobs/:id', admin, calls.forget, async (c) => {
    const jobId = idInPath(c, 'job')
    if ((await store.run(forgetFailedJob, { jobId })) === 'not-failed') throw notFailed()
    await audited(c, 'job.forget', `job ${jobId}`)
    return c.body(null, 204)
  })

  /** Forgets every failed job. */
  app.delete('/api/jobs', admin, calls.flush, async (c) => {
    const forgotten = await store.run(flushFailedJobs, {})
    await audited(c, 'job.flush', `${forgotten} jobs`)
    return c.json({ forgotten })
  })

  return app
}

const liveView = (job: JobRow) => ({
  id: job.id,
  name: job.name,
  queue: job.queue,
  state: job.state,
  attempts: job.attempt,
  max_attempts: job.maxAttempts,
  rescues: job.rescues,
  payload: JSON.parse(job.payload) as unknown,
  run_at: new Date(job.runAtMs).toISOString(),
  created_at: new Date(job.createdAtMs).toISOString(),
  started_at: job.startedAtMs === null ? null : new Date(job.startedAtMs).toISOString(),
  errors: errorsView(job),
})

const failedView = (job: FailedJobRow) => ({
  id: job.id,
  name: job.name,
  queue: job.queue,
  state: 'failed',
  reason: job.reason,
  attempts: job.attempt,
  rescues: job.rescues,
  payload: JSON.parse(job.payload) as unknown,
  created_at: new Date(job.createdAtMs).toISOString(),
  failed_at: new Date(job.failedAtMs).toISOString(),
  errors: errorsView(job),
})

const errorsView = (job: { errors: string }) =>
  errorsOf(job).map(({ attempt, atMs, kind, message }) => ({
    attempt,
    at: new Date(atMs).toISOString(),
    kind,
    message,
  }))

const unknownJob = () => problem(404, 'job-unknown', 'There is no such job; a job that is done is not kept.')
const notFailed = () =>
  problem(409, 'job-not-failed', 'There is no failed job with this id, or a live one does its work.')
