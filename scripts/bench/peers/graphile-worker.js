import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import pg from 'pg'
import { monotonicMs, serveSubject } from '../../../dist/scripts/bench/queue-subject.js'

const TUNED = { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }
const SILENT = { error() {}, warning() {}, warn() {}, info() {}, debug() {} }

/** Not typed: the peers' packages are installed apart from the project's. `directory` is not used: PostgreSQL has its own. */
await serveSubject(async (_directory, told, [connectionString, variant]) => {
  const pool = new pg.Pool({ connectionString, max: 12 })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  const logger = new Logger(() => (level, message) => SILENT[level]?.(message))
  const utils = await makeWorkerUtils({ pgPool: pool, logger })
  await utils.migrate()
  return {
    enqueue: () => utils.addJob('noop', { n: 1 }),
    async fill(jobs) {
      for (let added = 0; added < jobs; added += 1_000) {
        const batch = Math.min(1_000, jobs - added)
        await utils.addJobs(Array.from({ length: batch }, (_, n) => ({ identifier: 'noop', payload: { n } })))
      }
    },
    work: () =>
      run({
        pgPool: pool,
        logger,
        noHandleSignals: true,
        taskList: { noop: async () => told.started(monotonicMs()) },
        preset: { worker: { concurrentJobs: 7, ...(variant === 'tuned' && TUNED) } },
      }),
    async left() {
      const { rows } = await pool.query('SELECT count(*)::int AS left FROM graphile_worker._private_jobs')
      return rows[0].left
    },
    async close() {},
  }
})
