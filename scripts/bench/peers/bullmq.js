import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { monotonicMs, serveSubject } from '../../../dist/scripts/bench/queue-subject.js'

/** Not typed: the peers' packages are installed apart from the project's. `directory` is not used: Redis has its own. */
await serveSubject(async (_directory, told, [socketPath]) => {
  const connection = () => new Redis({ path: socketPath, maxRetriesPerRequest: null })
  await connection().flushall()
  const queue = new Queue('noop', {
    connection: connection(),
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  })
  await queue.waitUntilReady()
  return {
    enqueue: () => queue.add('noop', { n: 1 }),
    async fill(jobs) {
      for (let added = 0; added < jobs; added += 1_000) {
        const batch = Math.min(1_000, jobs - added)
        await queue.addBulk(Array.from({ length: batch }, (_, n) => ({ name: 'noop', data: { n } })))
      }
    },
    async work() {
      const worker = new Worker('noop', async () => told.started(monotonicMs()), {
        connection: connection(),
        concurrency: 7,
      })
      worker.on('completed', () => told.ended(1))
      await worker.waitUntilReady()
    },
    async close() {},
  }
})
