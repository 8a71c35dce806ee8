import { type Db, sql } from '../store/database.ts'
import { JOB_COLUMNS, type JobRow, type JobState, merged, URGENT_ORD } from './job-table.ts'
import { type QueueName, queueNames } from './queues.ts'

/** What an operator asks for: `held` jobs are ready but kept back, and not among the `scheduled`. */
export type ListedState = JobState | 'held'

/** Each state has an index by queue and place, but for `running`, of which there are never many. */
const LISTED: Record<ListedState, { where: string; place: 'ord' | 'run_at_ms' }> = {
  ready: { where: "state = 'ready'", place: 'ord' },
  running: { where: "state = 'running'", place: 'ord' },
  scheduled: { where: "state = 'scheduled' AND held_by IS NULL", place: 'run_at_ms' },
  held: { where: 'held_by IS NOT NULL', place: 'ord' },
}

/** In the order in which they will run, after the cursor; `queue` and `name` narrow when given. */
export function liveJobs(
  db: Db,
  filter: {
    state: ListedState
    queue?: QueueName
    name?: string
    after?: { place: number; id: number }
    limit: number
  },
): JobRow[] {
  const { state, queue, name, after, limit } = filter
  const { where, place } = LISTED[state]
  const narrow = `${after ? ` AND (${place}, id) > (:place, :id)` : ''}${name === undefined ? '' : ' AND name = :name'}`
  const jobs = merged(queue ? [queue] : queueNames, (ofQueue) =>
    lanesOf(state)
      .map((lane) => `SELECT ${JOB_COLUMNS}, ${place} AS place FROM jobs WHERE ${where} AND ${ofQueue}${lane}${narrow}`)
      .join(' UNION ALL '),
  )
  return sql(db, `${jobs} ORDER BY place, id LIMIT :limit`).all({ name, ...after, limit }) as JobRow[]
}

/** The index of ready jobs has the local ones apart. */
const lanesOf = (state: ListedState) => (state === 'ready' ? [' AND local = 0', ' AND local = 1'] : [''])

/** Where a list of that state goes on after this job. */
export const placeOf = (state: ListedState, job: JobRow): number => (state === 'scheduled' ? job.runAtMs : job.ord)

/** How many live jobs a queue holds in each state. */
export function countJobs(db: Db, queue: QueueName): Record<ListedState, number> {
  const counts = (Object.keys(LISTED) as ListedState[])
    .map((state) => `(SELECT count(*) FROM jobs WHERE ${LISTED[state].where} AND queue = :queue) AS ${state}`)
    .join(', ')
  return sql(db, `SELECT ${counts}`).get({ queue }) as Record<ListedState, number>
}

/** Since when the first of a queue's ready jobs waits; those that an operator has put before all others do not count. */
export function oldestReadyAtMs(db: Db, queue: QueueName): number | undefined {
  const lanes = lanesOf('ready').map(
    (lane) =>
      `SELECT id, ord, run_at_ms FROM jobs WHERE state = 'ready' AND queue = :queue${lane} AND ord > ${URGENT_ORD}`,
  )
  const first = sql(db, `${lanes.join(' UNION ALL ')} ORDER BY ord, id LIMIT 1`).get({ queue })
  return (first as { run_at_ms: number } | undefined)?.run_at_ms
}
