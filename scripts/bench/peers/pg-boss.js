import pg from 'pg'
import { PgBoss } from 'pg-boss'
import { monotonicMs, serveSubject } from '../../../dist/scripts/bench/queue-subject.js'

const WORKERS = 7

/** Not typed: the peers' packages are installed apart from the project's. `directory` is not used: PostgreSQL has its own. */
await serveSubject(async (_directory, told, [connectionString, variant]) => {
  const tuned = variant === 'tuned'
  const boss = new PgBoss({
    connectionString,
    max: 12,
    connectionTimeoutMillis: 120_000,
    ...(tuned && { useListenNotify: true }),
  })
  boss.on('error', () => {})
  await boss.start()
  await boss.createQueue('noop', tuned ? { notify: true } : {})
  const pool = new pg.Pool({ connectionString, max: 1 })
  pool.on('error', () => {})
  return {
    enqueue: () => boss.send('noop', { n: 1 }),
    async fill(jobs) {
      for (let added = 0; added < jobs; added += 1_000) {
        const batch = Math.min(1_000, jobs - added)
        await boss.insert(
          'noop',
          Array.from({ length: batch }, (_, n) => ({ data: { n } })),
        )
      }
    },
    async work() {
      const options = tuned
        ? { batchSize: 500, burstWhenBatchFull: true, burstWhenReadyExceeds: 1, pollingIntervalSeconds: 0.5 }
        : {}
      for (let worker = 0; worker < WORKERS; worker += 1) {
        await boss.work('noop', options, async (jobs) => {
          for (const _ of jobs) told.started(monotonicMs())
        })
      }
    },
    async left() {
      const { rows } = await pool.query(
        `SELECT count(*)::int AS left FROM pgboss.job WHERE name = 'noop' AND state < 'completed'`,
      )
      return rows[0].left
    },
    async close() {},
  }
})
