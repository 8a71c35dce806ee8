import { Hono } from 'hono'
import * as z from 'zod'
import { endedJobById, endedJobs } from '../../flow/ended-job-table.ts'
import { failedJobById, failedJobs } from '../../flow/failed-job-table.ts'
import { liveJobs, placeOf } from '../../flow/job-list.ts'
import { jobById, jobByUniqueKey } from '../../flow/job-table.ts'
import {
  cancelJob,
  flushFailedJobs,
  forgetFailedJob,
  retryFailedJob,
  retryFailedJobs,
  runJobNow,
} from '../../flow/queue-commands.ts'
import { type QueueName, queueNames } from '../../flow/queues.ts'
import type { Db } from '../../store/database.ts'
import { call } from '../call.ts'
import type { House } from '../house.ts'
import { problem } from '../problem.ts'
import type { Guards } from './guard.ts'
import { endedView, failedView, jobAnswer, jobView, liveView } from './job-view.ts'
import { idCursor, idInPath, pageAnswer, pageOf, pageQuery, timeCursor } from './page.ts'

const filters = {
  queue: z.enum(queueNames as [QueueName, ...QueueName[]]).optional(),
  name: z.string().max(64).optional(),
}
const listQuery = pageQuery.extend({
  ...filters,
  state: z.enum(['ready', 'running', 'scheduled', 'held', 'failed', 'done']).default('failed'),
})
const retryBody = z
  .strictObject({ ...filters, all: z.boolean().optional() })
  .refine(({ queue, name, all }) => all || queue !== undefined || name !== undefined, 'give queue, name or "all": true')

/** Single jobs: what they are, what went wrong, and what an operator may do about it. */
export function jobsApi({ db }: House, { viewer, admin, act }: Guards): Hono {
  const app = new Hono()

  const list = call({
    does: 'Jobs of one state: those that wait in the order in which they will run, failed ones by age, done ones newest first.',
    query: listQuery,
    answers: { 200: pageAnswer(jobView) },
  })
  app.get('/api/jobs', viewer, list, (c) => {
    const { limit, cursor, state, queue, name } = c.var.query
    const which = { ...(queue && { queue }), ...(name && { name }), limit: limit + 1 }
    if (state !== 'done' && state !== 'failed') {
      const after = timeCursor(cursor)
      const live = liveJobs(db, {
        ...which,
        state,
        ...(after && { after: { place: after.atMs, id: Number(after.id) } }),
      })
      return c.json(pageOf(live, limit, liveView, (row) => `${placeOf(state, row)}.${row.id}`))
    }
    const place = idCursor(cursor)
    if (state === 'done') {
      const ended = endedJobs(db, { ...which, ...(place !== undefined && { beforePlace: place }) })
      return c.json(pageOf(ended, limit, endedView, (row) => String(row.place)))
    }
    const failed = failedJobs(db, { ...which, afterId: place ?? 0 })
    return c.json(pageOf(failed, limit, failedView, (row) => String(row.id)))
  })

  const show = call({
    does: 'One job: what it is, and what went wrong. Of those that are done the last are kept.',
    answers: { 200: jobView },
  })
  app.get('/api/jobs/:id', viewer, show, (c) => {
    const jobId = idInPath(c, 'job')
    const live = jobById(db, jobId)
    if (live) return c.json(liveView(live))
    const failed = failedJobById(db, jobId)
    if (failed) return c.json(failedView(failed))
    const ended = endedJobById(db, jobId)
    if (ended) return c.json(endedView(ended))
    throw unknownJob()
  })

  const retryAll = call({
    does: 'Failed jobs start anew: those of a queue, of a name, or all.',
    body: retryBody,
    answers: { 200: z.object({ retried: z.int() }) },
  })
  app.post('/api/jobs/retry', admin, retryAll, async (c) => {
    const { queue, name } = c.var.body
    const subject = `jobs${queue ? ` of ${queue}` : ''}${name ? ` named ${name}` : ''}:`
    let retried = 0
    for (let afterId = 0, more = true; more; ) {
      const which = { ...(queue && { queue }), ...(name && { name }), afterId }
      const batch = await act(c, retryFailedJobs, which, { action: 'job.retry-all', subject, made: 'retried' })
      retried += batch.retried
      afterId = batch.afterId
      more = batch.more
    }
    return c.json({ retried })
  })

  const retry = call({ does: 'A failed job starts anew.', answers: { 202: jobAnswer } })
  app.post('/api/jobs/:id/retry', admin, retry, async (c) => {
    const jobId = idInPath(c, 'job')
    const note = { action: 'job.retry', subject: `job ${jobId}`, unless: ['not-failed'] } as const
    if ((await act(c, retryFailedJob, { jobId }, note)) === 'not-failed') throw notRetried(db, jobId)
    return c.json({ job_id: jobId }, 202)
  })

  const cancelled = jobAnswer.extend({ outcome: z.enum(['cancelled', 'stopping']) })
  const cancel = call({
    does: 'A waiting job is gone at once (200); a running one is told to stop (202).',
    answers: { 200: cancelled, 202: cancelled },
  })
  app.post('/api/jobs/:id/cancel', admin, cancel, async (c) => {
    const jobId = idInPath(c, 'job')
    const note = { action: 'job.cancel', subject: `job ${jobId}`, unless: ['unknown'] } as const
    const outcome = await act(c, cancelJob, { jobId }, note)
    if (outcome === 'unknown') throw notLive()
    return c.json({ job_id: jobId, outcome }, outcome === 'cancelled' ? 200 : 202)
  })

  const runNow = call({
    does: 'A waiting job runs now, whatever its time and whatever holds it.',
    answers: { 202: jobAnswer },
  })
  app.post('/api/jobs/:id/run', admin, runNow, async (c) => {
    const jobId = idInPath(c, 'job')
    const note = { action: 'job.run-now', subject: `job ${jobId}`, unless: ['unknown', 'running'] } as const
    const outcome = await act(c, runJobNow, { jobId }, note)
    if (outcome === 'unknown') throw notLive()
    if (outcome === 'running') throw problem(409, 'job-running', 'The job runs already.')
    return c.json({ job_id: jobId }, 202)
  })

  const forget = call({ does: 'Forgets a failed job.', answers: { 204: null } })
  app.delete('/api/jobs/:id', admin, forget, async (c) => {
    const jobId = idInPath(c, 'job')
    const note = { action: 'job.forget', subject: `job ${jobId}`, unless: ['not-failed'] } as const
    if ((await act(c, forgetFailedJob, { jobId }, note)) === 'not-failed') throw notFailed()
    return c.body(null, 204)
  })

  const flush = call({
    does: 'Forgets every failed job.',
    // Who names a queue here does not mean all of them.
    query: z.strictObject({}),
    answers: { 200: z.object({ forgotten: z.int() }) },
  })
  app.delete('/api/jobs', admin, flush, async (c) => {
    const forgotten = await act(c, flushFailedJobs, {}, { action: 'job.flush', subject: 'failed jobs:', made: '' })
    return c.json({ forgotten })
  })

  return app
}

const unknownJob = () => problem(404, 'job-unknown', 'There is no such job; of those that are done the last are kept.')
const notLive = () => problem(404, 'job-unknown', 'No job with this id waits or runs.')
const notFailed = (why = 'There is no failed job with this id.') => problem(409, 'job-not-failed', why)

function notRetried(db: Db, jobId: number) {
  const failed = failedJobById(db, jobId)
  if (!failed) return notFailed()
  const twin = failed.uniqueKey !== null && jobByUniqueKey(db, failed.uniqueKey)
  return notFailed(twin ? 'A live job does its work.' : `This release has no job named ${failed.name}.`)
}
