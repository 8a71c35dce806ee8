import { type Db, sql } from '../store/database.ts'
import { holdsOfKind } from './hold-table.ts'
import { oldestReadyAtMs } from './job-list.ts'
import { queueNames, queues } from './queues.ts'

/** Something about the queue that a person must look at. */
export interface QueueNotice {
  code: 'queue-late' | 'queue-paused' | 'jobs-failed'
  /** For the operator. */
  message: string
}

/** So much longer than is fair a job may wait, before somebody hears of it. */
const LATE_MS = 30_000

/** Which queues stand still, and which money a job could not see to. Cheap: anybody may ask. */
export function queueNotices(db: Db, nowMs: number): QueueNotice[] {
  const late = queueNames.flatMap((name): QueueNotice[] => {
    const sinceMs = oldestReadyAtMs(db, name)
    if (sinceMs === undefined || nowMs - sinceMs <= queues[name].slackMs + LATE_MS) return []
    const waits = `has waited for ${saying(nowMs - sinceMs)}`
    return [
      { code: 'queue-late', message: `The first job in the queue ${name} ${waits}; \`mlango queue stats\` says more.` },
    ]
  })
  const paused = holdsOfKind(db, 'queue').flatMap(({ key, untilMs, held }): QueueNotice[] => {
    if (untilMs !== null) return []
    const name = key.slice('queue '.length)
    const message = `The queue ${name} is paused until somebody resumes it (\`mlango queue resume ${name}\`); ${held} jobs wait.`
    return [{ code: 'queue-paused', message }]
  })
  const failed = sql(db, "SELECT count(*) FROM failed_jobs WHERE queue = 'payments'").pluck().get() as number
  if (failed === 0) return [...late, ...paused]
  const message = `Jobs about money have failed (${failed}); \`mlango queue failed\` shows them until somebody retries or forgets them.`
  return [...late, ...paused, { code: 'jobs-failed', message }]
}

const saying = (ms: number): string =>
  ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} minutes`
