import * as z from 'zod'
import { done, effect } from '../../src/flow/job-outcome.ts'
import { queueStats } from '../../src/flow/queue-stats.ts'
import { recordSystemMetrics } from '../../src/metrics/system-metrics.ts'
import { defineJob } from '../services.ts'

/** Looks at the box and at the daemon: processor, memory, disk, temperature, queue, event loop, commits. Measured, never assumed. */
export const collectSystemMetrics = defineJob({
  payload: z.strictObject({}),
  // The next minute's is as good.
  attempts: 1,
  timeoutMs: 30_000,
  uniqueBy: () => 'all',
  schedule: '* * * * *',
  async run(_payload, { db, clock, machine, gauges, workers }) {
    const { queues, jobsPerSecond } = queueStats(db, workers, clock.nowMs())
    const sum = (of: 'ready' | 'running' | 'failed') => queues.reduce((total, queue) => total + queue[of], 0)
    const waits = queues.flatMap(({ oldestReadyMs }) => oldestReadyMs ?? [])
    return done(
      effect(recordSystemMetrics, {
        ...machine(),
        ...gauges(),
        jobsReady: sum('ready'),
        jobsRunning: sum('running'),
        jobsFailed: sum('failed'),
        oldestReadyMs: waits.length === 0 ? null : Math.max(...waits),
        jobsPerSecond,
      }),
    )
  },
})
