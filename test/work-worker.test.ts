import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../src/clock.ts'
import { openConfigSource } from '../src/config.ts'
import { rescueJobs } from '../src/flow/queue-commands.ts'
import { openLog } from '../src/log.ts'
import { openThreads } from '../src/opening-threads.ts'
import { openWriter } from '../src/store/database.ts'
import type { StoreWorker } from '../src/store-worker.ts'
import { openWorkWorker } from '../src/work-worker.ts'

test('jobs of a work thread that died go back to their queues before the next one starts, however often that fails', {
  timeout: 60_000,
}, async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'mlango-work-'))
  t.after(() => rmSync(dataDir, { recursive: true }))
  const source = openConfigSource(undefined, { MLANGO_STORAGE_DATA_DIR: dataDir, MLANGO_LOG_LEVEL: 'fatal' })
  const opening = openThreads(source, (reason) => assert.fail(reason))
  const real = await opening.store
  const db = openWriter(opening.databaseFile)

  const refused = Promise.withResolvers<void>()
  const rescued = Promise.withResolvers<boolean>()
  // By itself: a minute that begins meanwhile brings jobs of its own.
  const stateOfRun = () => db.prepare("SELECT state FROM jobs WHERE name = 'process-payment'").pluck().get()
  /** The store itself; what the rescue comes to is listened to. */
  const store: StoreWorker = {
    ...real,
    alarms: [],
    client: {
      ...real.client,
      run(command, input) {
        const answer = real.client.run(command, input)
        if (command.name === rescueJobs.name)
          answer.then(
            () => rescued.resolve(work.running),
            () => refused.resolve(),
          )
        return answer
      },
    },
  }
  const work = openWorkWorker({
    store,
    opened: opening.work,
    databaseFile: opening.databaseFile,
    config: source.read({}),
    gauges: opening.gauges,
    commits: opening.commits,
    workers: { hotspot: 3, payments: 2, general: 2 },
    clock: systemClock,
    log: openLog('silent', {}),
  })
  t.after(async () => {
    await work.stop(1_000)
    db.close()
    await real.stop()
  })
  await work.start()

  // A run that the thread takes with it, and a disk that refuses to put it back.
  db.exec(`
    UPDATE jobs SET state = 'scheduled', owner = NULL, run_at_ms = 9e12 WHERE state <> 'scheduled';
    INSERT INTO jobs (name, queue, pool, state, owner, ord, payload, max_attempts, run_at_ms, created_at_ms)
      VALUES ('process-payment', 'payments', 'payments', 'running', ${real.boot}, 1, '{}', 3, 1, 1);
    CREATE TRIGGER stuck BEFORE UPDATE OF state ON jobs WHEN OLD.state = 'running' BEGIN SELECT RAISE(ABORT, 'stuck'); END`)
  const ended = once(opening.work, 'exit')
  await opening.work.terminate()
  await ended
  await refused.promise
  assert.equal(stateOfRun(), 'running')

  db.exec('DROP TRIGGER stuck')
  assert.equal(await rescued.promise, false, 'no thread works before')
  assert.equal(db.prepare("SELECT rescues FROM jobs WHERE name = 'process-payment'").pluck().get() ?? 1, 1)
})
