import { Hono } from 'hono'
import { z } from 'zod'
import { runNextJob } from '../../flow/queue-commands.ts'
import { queueStats } from '../../flow/queue-stats.ts'
import { call } from '../call.ts'
import type { House } from '../house.ts'
import type { Guards } from './guard.ts'

const queueAnswer = z.object({
  queues: z.array(
    z.object({
      name: z.string(),
      priority: z.int(),
      pool: z.string(),
      ready: z.int(),
      running: z.int(),
      scheduled: z.int(),
      failed: z.int(),
      oldest_ready_ms: z.int().nullable(),
    }),
  ),
  pools: z.array(z.object({ name: z.string(), workers: z.int(), busy: z.int() })),
  jobs_per_second: z.number(),
})

/** The queues as a whole. */
export function queueApi({ store, db, clock, workers }: House, { viewer, admin, audited }: Guards): Hono {
  const app = new Hono()
  const stats = call({ does: 'The queues and the pools that work on them.', answers: { 200: queueAnswer } })
  app.get('/api/queue', viewer, stats, (c) => {
    const stats = queueStats(db, workers, clock.nowMs())
    return c.json({
      queues: stats.queues.map(({ oldestReadyMs, ...queue }) => ({ ...queue, oldest_ready_ms: oldestReadyMs })),
      pools: stats.pools,
      jobs_per_second: stats.jobsPerSecond,
    })
  })
  const runNext = call({
    does: 'The next job comes to the front and runs, although its time may not have come.',
    answers: { 202: z.object({ job_id: z.int().nullable() }) },
  })
  app.post('/api/queue/run-next', admin, runNext, async (c) => {
    const jobId = await store.run(runNextJob, {})
    await audited(c, 'queue.run-next', `job ${jobId ?? 'none'}`)
    return c.json({ job_id: jobId ?? null }, 202)
  })
  return app
}
