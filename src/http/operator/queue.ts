import { Hono } from 'hono'
import { runNextJob } from '../../flow/queue-commands.ts'
import { queueStats } from '../../flow/queue-stats.ts'
import type { House } from '../house.ts'
import type { Guards } from './guard.ts'

/** The queues as a whole. */
export function queueApi({ store, db, clock, workers }: House, { viewer, admin, audited }: Guards): Hono {
  const app = new Hono()
  app.get('/api/queue', viewer, (c) => {
    const stats = queueStats(db, workers, clock.nowMs())
    return c.json({
      queues: stats.queues.map(({ oldestReadyMs, ...queue }) => ({ ...queue, oldest_ready_ms: oldestReadyMs })),
      pools: stats.pools,
      jobs_per_second: stats.jobsPerSecond,
    })
  })
  /** The next job comes to the front and runs, although its time may not have come. */
  app.post('/api/queue/run-next', admin, async (c) => {
    const jobId = await store.run(runNextJob, {})
    await audited(c, 'queue.run-next', `job ${jobId ?? 'none'}`)
    return c.json({ job_id: jobId ?? null }, 202)
  })
  return app
}
