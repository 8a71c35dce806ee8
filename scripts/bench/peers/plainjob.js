import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { better, defineQueue, defineWorker } from 'plainjob'
import { monotonicMs, serveSubject } from '../../../dist/scripts/bench/queue-subject.js'

const SILENT = { error() {}, warn() {}, info() {}, debug() {} }
const WORKERS = 7
/** The least it was made for; its default of a second would be its pick-up time. */
const POLL_MS = 10

/** Not typed: the peers' packages are installed apart from the project's. */
await serveSubject(async (directory, told) => {
  const db = new Database(join(directory, 'plainjob.db'))
  const queue = defineQueue({ connection: better(db), logger: SILENT })
  // It sets NORMAL, which loses acknowledged jobs when the power goes.
  db.pragma('synchronous = FULL')
  const handle = async () => {
    told.started(monotonicMs())
    // It lets nobody else have a turn while jobs wait: on a slow disk the drain would go on for minutes after its time is over.
    await turn()
  }
  const options = { queue, pollIntervall: POLL_MS, logger: SILENT, onCompleted: () => told.ended(1) }
  const workers = Array.from({ length: WORKERS }, () => defineWorker('noop', handle, options))
  return {
    enqueue: async () => queue.add('noop', { n: 1 }),
    async fill(jobs) {
      queue.addMany(
        'noop',
        Array.from({ length: jobs }, (_, n) => ({ n })),
      )
    },
    async work() {
      for (const worker of workers) worker.start()
    },
    async close() {},
  }
})
