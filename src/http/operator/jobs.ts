import { Hono } from 'hono'
import { z } from 'zod'
import { endedJobById, endedJobs } from '../../flow/ended-job-table.ts'
import { failedJobById, failedJobs } from '../../flow/failed-job-table.ts'
import { jobById, liveJobs } from '../../flow/job-table.ts'
import {
  cancelJob,
  flushFailedJobs,
  forgetFailedJob,
  retryFailedJob,
  retryFailedJobs,
  runJobNow,
} from '../../flow/queue-commands.ts'
import { queueNames } from '../../flow/queues.ts'
import type { House } from '../house.ts'
import { invalidInput, problem } from '../problem.ts'
import { readJson } from '../read-body.ts'
import type { Guards } from './guard.ts'
import { endedView, failedView, liveView } from './job-view.ts'
import { idCursor, idInPath, pageAsked, pageOf } from './page.ts'

const filters = {
  queue: z.enum(queueNames as [string, ...string[]]).optional(),
  name: z.string().max(64).optional(),
}
const listQuery = z.object({
  ...filters,
  state: z.enum(['ready', 'running', 'scheduled', 'held', 'failed', 'done']).default('failed'),
})
const retryBody = z
  .strictObject({ ...filters, all: z.boolean().optional() })
  .refine(({ queue, name, all }) => all || queue !== undefined || name !== undefined, 'give queue, name or "all": true')

/** Single jobs: what they are, what went wrong, and what an operator may do about it. */
export function jobsApi({ store, db }: House, { viewer, admin, audited }: Guards): Hono {
  const app = new Hono()

  app.get('/api/jobs', viewer, (c) => {
    const { limit, cursor } = pageAsked(c)
    const asked = listQuery.safeParse({
      queue: c.req.query('queue'),
      name: c.req.query('name'),
      state: c.req.query('state'),
    })
    if (!asked.success) throw invalidInput(asked.error)
    const { state, queue, name } = asked.data
    const which = { ...(queue && { queue }), ...(name && { name }), limit: limit + 1 }
    const place = idCursor(cursor)
    if (state === 'done') {
      const ended = endedJobs(db, { ...which, ...(place !== undefined && { beforePlace: place }) })
      return c.json(pageOf(ended, limit, endedView, (row) => String(row.place)))
    }
    const filter = { ...which, afterId: place ?? 0 }
    return state === 'failed'
      ? c.json(pageOf(failedJobs(db, filter), limit, failedView, (row) => String(row.id)))
      : c.json(pageOf(liveJobs(db, { ...filter, state }), limit, liveView, (row) => String(row.id)))
  })

  app.get('/api/jobs/:id', viewer, (c) => {
    const jobId = idInPath(c, 'job')
    const live = jobById(db, jobId)
    if (live) return c.json(liveView(live))
    const failed = failedJobById(db, jobId)
    if (failed) return c.json(failedView(failed))
    const ended = endedJobById(db, jobId)
    if (ended) return c.json(endedView(ended))
    throw unknownJob()
  })

  app.post('/api/jobs/retry', admin, async (c) => {
    const body = retryBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const { queue, name } = body.data
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

  app.post('/api/jobs/:id/retry', admin, async (c) => {
    const jobId = idInPath(c, 'job')
    if ((await store.run(retryFailedJob, { jobId })) === 'not-failed') throw notFailed()
    await audited(c, 'job.retry', `job ${jobId}`)
    return c.json({ job_id: jobId }, 202)
  })

  /** A waiting job is gone at once; a running one is told to stop. */
  app.post('/api/jobs/:id/cancel', admin, async (c) => {
    const jobId = idInPath(c, 'job')
    const outcome = await store.run(cancelJob, { jobId })
    if (outcome === 'unknown') throw notLive()
    await audited(c, 'job.cancel', `job ${jobId}`)
    return c.json({ job_id: jobId, outcome }, outcome === 'cancelled' ? 200 : 202)
  })

  /** A waiting job runs now, whatever its time and whatever holds it. */
  app.post('/api/jobs/:id/run', admin, async (c) => {
    const jobId = idInPath(c, 'job')
    const outcome = await store.run(runJobNow, { jobId })
    if (outcome === 'unknown') throw notLive()
    if (outcome === 'running') throw problem(409, 'job-running', 'The job runs already.')
    await audited(c, 'job.run-now', `job ${jobId}`)
    return c.json({ job_id: jobId }, 202)
  })

  app.delete('/api/jobs/:id', admin, async (c) => {
    const jobId = idInPath(c, 'job')
    if ((await store.run(forgetFailedJob, { jobId })) === 'not-failed') throw notFailed()
    await audited(c, 'job.forget', `job ${jobId}`)
    return c.body(null, 204)
  })

  /** Forgets every failed job. */
  app.delete('/api/jobs', admin, async (c) => {
    const forgotten = await store.run(flushFailedJobs, {})
    await audited(c, 'job.flush', `${forgotten} jobs`)
    return c.json({ forgotten })
  })

  return app
}

const unknownJob = () => problem(404, 'job-unknown', 'There is no such job; of those that are done the last are kept.')
const notLive = () => problem(404, 'job-unknown', 'No job with this id waits or runs.')
const notFailed = () =>
  problem(409, 'job-not-failed', 'There is no failed job with this id, or a live one does its work.')
