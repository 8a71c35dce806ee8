import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { holdsOfKind } from '../../flow/hold-table.ts'
import { pauseQueue, resumeQueue, runNextJob } from '../../flow/queue-commands.ts'
import { queueMinutes } from '../../flow/queue-minute-table.ts'
import { type QueueStats, queueStats } from '../../flow/queue-stats.ts'
import { isQueue, type QueueName, queueNames } from '../../flow/queues.ts'
import { timeAt } from '../../flow/run-times.ts'
import { timeField } from '../fields.ts'
import type { House } from '../house.ts'
import { invalidInput, problem } from '../problem.ts'
import { readJson } from '../read-body.ts'
import type { Guards } from './guard.ts'

const pauseBody = z.strictObject({ until: timeField.nullish(), reason: z.string().trim().max(200).default('') })
const minutesQuery = z.object({
  queue: z.enum(queueNames).optional(),
  minutes: z.coerce.number().int().min(1).max(1440).default(60),
})

const MINUTE_MS = 60_000

/** The queues as a whole. */
export function queueApi({ store, db, clock, workers }: House, { viewer, admin, audited }: Guards): Hono {
  const app = new Hono()

  app.get('/api/queue', viewer, (c) => {
    const stats = queueStats(db, workers, clock.nowMs())
    return c.json({
      queues: stats.queues.map(queueView),
      pools: stats.pools,
      targets_down: holdsOfKind(db, 'target').map((hold) => ({
        target: hold.key.replace(/^target /, ''),
        reason: hold.reason,
        since: isoTime(hold.sinceMs),
        next_try_at: isoTime(hold.untilMs),
        failures: hold.failures,
        held: hold.held,
      })),
      jobs_per_second: stats.jobsPerSecond,
    })
  })

  /** How the runs of each minute fared, oldest first; a minute without runs is not there. */
  app.get('/api/queue/minutes', viewer, (c) => {
    const asked = minutesQuery.safeParse({ queue: c.req.query('queue'), minutes: c.req.query('minutes') })
    if (!asked.success) throw invalidInput(asked.error)
    const sinceMs = clock.nowMs() - asked.data.minutes * MINUTE_MS
    return c.json({
      items: queueMinutes(db, sinceMs, asked.data.queue).map((minute) => ({
        minute: isoTime(minute.minuteMs),
        queue: minute.queue,
        done: minute.done,
        failed_runs: minute.failedRuns,
        other_runs: minute.otherRuns,
        wait_p50_ms: timeAt(minute.waits, 50),
        wait_p99_ms: timeAt(minute.waits, 99),
        run_p50_ms: timeAt(minute.runs, 50),
        run_p99_ms: timeAt(minute.runs, 99),
      })),
    })
  })

  /** Running jobs end; the others wait until `until`, or until the queue is resumed. */
  app.post('/api/queue/:name/pause', admin, async (c) => {
    const name = queueInPath(c)
    const body = pauseBody.safeParse((await c.req.text()) === '' ? {} : await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const untilMs = body.data.until ?? null
    if (untilMs !== null && untilMs <= clock.nowMs()) {
      throw problem(422, 'invalid-input', 'until: must lie ahead', [{ field: 'until', message: 'must lie ahead' }])
    }
    await store.run(pauseQueue, { name, untilMs, reason: body.data.reason })
    await audited(c, 'queue.pause', `${name}${untilMs === null ? '' : ` until ${isoTime(untilMs)}`}`)
    return c.json({ queue: name, paused: true, paused_until: isoTime(untilMs) })
  })

  app.post('/api/queue/:name/resume', admin, async (c) => {
    const name = queueInPath(c)
    if ((await store.run(resumeQueue, { name })) === 'not-paused') {
      throw problem(409, 'queue-not-paused', `The queue ${name} is not paused.`)
    }
    await audited(c, 'queue.resume', name)
    return c.json({ queue: name, paused: false, paused_until: null })
  })

  /** The next job comes to the front and runs, although its time may not have come. */
  app.post('/api/queue/run-next', admin, async (c) => {
    const jobId = await store.run(runNextJob, {})
    await audited(c, 'queue.run-next', `job ${jobId ?? 'none'}`)
    return c.json({ job_id: jobId ?? null }, 202)
  })

  return app
}

const queueView = ({ oldestReadyMs, paused, wait, run, ...queue }: QueueStats) => ({
  ...queue,
  oldest_ready_ms: oldestReadyMs,
  paused: paused !== null,
  paused_until: isoTime(paused?.untilMs ?? null),
  wait_p50_ms: wait.p50Ms,
  wait_p99_ms: wait.p99Ms,
  run_p50_ms: run.p50Ms,
  run_p99_ms: run.p99Ms,
})

function queueInPath(context: Context): QueueName {
  const name = context.req.param('name') ?? ''
  if (!isQueue(name)) throw problem(404, 'queue-unknown', 'There is no such queue.')
  return name
}

const isoTime = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())
