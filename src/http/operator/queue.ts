import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { holdsOfKind } from '../../flow/hold-table.ts'
import { pauseQueue, resumeQueue, runNextJob } from '../../flow/queue-commands.ts'
import { queueMinutes } from '../../flow/queue-minute-table.ts'
import { type QueueStats, queueStats } from '../../flow/queue-stats.ts'
import { isQueue, poolNames, type QueueName, queueNames } from '../../flow/queues.ts'
import { timeAt } from '../../flow/run-times.ts'
import { call } from '../call.ts'
import { lineField, timeField } from '../fields.ts'
import type { House } from '../house.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'
import { problem } from '../problem.ts'
import type { Guards } from './guard.ts'

const pauseBody = z.strictObject({ until: timeField.nullish(), reason: lineField.max(200).default('') }).prefault({})
const minutesQuery = z.object({
  queue: z.enum(queueNames).optional(),
  minutes: z.coerce.number().int().min(1).max(1440).default(60),
})

const ms = z.number().nullable()
const times = { wait_p50_ms: ms, wait_p99_ms: ms, run_p50_ms: ms, run_p99_ms: ms }
const time = isoTimeField.nullable()

const queueAnswer = z.object({
  queues: z.array(
    z.object({
      ...{ name: z.enum(queueNames), priority: z.int(), pool: z.enum(poolNames) },
      ...{ ready: z.int(), running: z.int(), scheduled: z.int(), held: z.int(), failed: z.int() },
      ...{ oldest_ready_ms: ms, paused: z.boolean(), paused_until: time },
      ...{ paused_reason: z.string().nullable(), ...times },
    }),
  ),
  pools: z.array(z.object({ name: z.enum(poolNames), workers: z.int(), busy: z.int() })),
  targets_down: z.array(
    z.object({
      ...{ target: z.string(), reason: z.string(), since: isoTimeField, next_try_at: time },
      ...{ failures: z.int(), held: z.int() },
    }),
  ),
  jobs_per_second: z.number(),
})

const minutesAnswer = z.object({
  items: z.array(
    z.object({
      ...{ minute: isoTimeField, queue: z.enum(queueNames) },
      ...{ done: z.int(), failed_runs: z.int(), other_runs: z.int(), ...times },
    }),
  ),
})

const pausedAnswer = z.object({ queue: z.enum(queueNames), paused: z.boolean(), paused_until: time })

const MINUTE_MS = 60_000

/** The queues as a whole. */
export function queueApi({ db, clock, workers }: House, { viewer, admin, act }: Guards): Hono {
  const app = new Hono()

  const show = call({
    does: 'The queues, the pools that serve them, and the far ends that are down.',
    answers: { 200: queueAnswer },
  })
  app.get('/api/queue', viewer, show, (c) => {
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

  const minutes = call({
    does: 'How the runs of each minute fared, oldest first; a minute without runs is not there.',
    query: minutesQuery,
    answers: { 200: minutesAnswer },
  })
  app.get('/api/queue/minutes', viewer, minutes, (c) => {
    const sinceMs = clock.nowMs() - c.var.query.minutes * MINUTE_MS
    return c.json({
      items: queueMinutes(db, sinceMs, c.var.query.queue).map((minute) => ({
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

  const pause = call({
    does: 'Running jobs end; the others wait until `until`, or until the queue is resumed.',
    body: pauseBody,
    answers: { 200: pausedAnswer },
  })
  app.post('/api/queue/:name/pause', admin, pause, async (c) => {
    const name = queueInPath(c)
    const untilMs = c.var.body.until ?? null
    if (untilMs !== null && untilMs <= clock.nowMs()) {
      throw problem(422, 'invalid-input', 'until: must lie ahead', [{ field: 'until', message: 'must lie ahead' }])
    }
    const subject = `${name}${untilMs === null ? '' : ` until ${isoTime(untilMs)}`}`
    await act(c, pauseQueue, { name, untilMs, reason: c.var.body.reason }, { action: 'queue.pause', subject })
    return c.json({ queue: name, paused: true, paused_until: isoTime(untilMs) })
  })

  const resume = call({ does: 'The jobs of a paused queue run again.', answers: { 200: pausedAnswer } })
  app.post('/api/queue/:name/resume', admin, resume, async (c) => {
    const name = queueInPath(c)
    const note = { action: 'queue.resume', subject: name, unless: ['not-paused'] } as const
    if ((await act(c, resumeQueue, { name }, note)) === 'not-paused') {
      throw problem(409, 'queue-not-paused', `The queue ${name} is not paused.`)
    }
    return c.json({ queue: name, paused: false, paused_until: null })
  })

  const runNext = call({
    does: 'The next job comes to the front and runs, although its time may not have come.',
    answers: { 202: z.object({ job_id: z.int().nullable() }) },
  })
  app.post('/api/queue/run-next', admin, runNext, async (c) => {
    const note = { action: 'queue.run-next', subject: 'job', unless: [undefined], made: '' } as const
    const jobId = await act(c, runNextJob, {}, note)
    return c.json({ job_id: jobId ?? null }, 202)
  })

  return app
}

const queueView = ({ oldestReadyMs, paused, wait, run, ...queue }: QueueStats) => ({
  ...queue,
  oldest_ready_ms: oldestReadyMs,
  paused: paused !== null,
  paused_until: isoTime(paused?.untilMs ?? null),
  paused_reason: paused?.reason || null,
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
