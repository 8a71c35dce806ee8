import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../src/clock.ts'
import type { Reactions } from '../../src/flow/consequence.ts'
import { FINISH_DONE, FINISH_RUN, openEngine } from '../../src/flow/engine.ts'
import { queueCommands } from '../../src/flow/queue-commands.ts'
import type { DoneRun } from '../../src/flow/run-ends.ts'
import { openLog } from '../../src/log.ts'
import { assertDurable, openWriter } from '../../src/store/database.ts'
import { openHousekeeping } from '../../src/store/housekeeping.ts'
import { migrate } from '../../src/store/migrate.ts'
import type { CommandRequests } from '../../src/store/protocol.ts'
import { servePort } from '../../src/store/serve-port.ts'
import { ensureSite, raiseBoot } from '../../src/store/site.ts'
import { openWriterLoop } from '../../src/store/writer.ts'
import type { StoreToWork, ToStore } from '../../src/thread-messages.ts'
import { noopJobs } from './queue-noop-jobs.ts'
import { ENDED, type QueueThreadStart } from './queue-thread-start.ts'

/** The daemon's store thread, with jobs that do nothing instead of the trade's. */
const { databaseFile, local, counts, port: work } = workerData as QueueThreadStart
const main = parentPort as MessagePort
const log = openLog('info', { thread: 'store' }, { write() {} })

const db = openWriter(databaseFile)
migrate(db)
const site = ensureSite(db, 'bench', Date.now())
const boot = raiseBoot(db, Date.now())
assertDurable(db)

let ends = 0
const engine = openEngine({
  db,
  site,
  boot,
  clock: systemClock,
  log,
  commands: queueCommands,
  catalogue: noopJobs(local, () => {}),
  // No fact is recorded here.
  reactions: { 'job.failed': () => [] } as unknown as Reactions,
  handOut: (jobs) => work.postMessage({ kind: 'jobs', jobs } satisfies StoreToWork),
  deliver() {},
  wake: () => writer.wake(),
})
const housekeeping = openHousekeeping({ db, databaseFile, clock: systemClock, log })
const writer = openWriterLoop(
  db,
  {
    ...engine,
    perform(request) {
      const value = engine.perform(request)
      if (request.name === FINISH_RUN) ends += 1
      else if (request.name === FINISH_DONE) ends += (request.input as DoneRun[]).length - (value as number[]).length
      return value
    },
    afterCommit(ms) {
      Atomics.add(counts, ENDED, ends)
      ends = 0
      engine.afterCommit(ms)
      housekeeping.committed()
    },
  },
  log,
)

const mainPort = servePort(main, writer, log)
work.on('message', servePort(work, writer, log).receive)
main.on('message', (message: CommandRequests | ToStore) => {
  if (message.kind === 'commands') mainPort.receive(message)
  else if (message.kind === 'slots') engine.setSlots(message.slots)
})
main.postMessage({ kind: 'ready' })
