import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../../src/clock.ts'
import { Pools } from '../../src/flow/pools.ts'
import { openLog } from '../../src/log.ts'
import { connectStore } from '../../src/store/client.ts'
import type { StoreToWork } from '../../src/thread-messages.ts'
import { noopJobs } from './queue-noop-jobs.ts'
import { monotonicMs } from './queue-subject.ts'
import { type QueueThreadStart, STARTED } from './queue-thread-start.ts'

/** The daemon's work thread, with jobs that do nothing instead of the trade's. Its log is made and thrown away. */
const { local, counts, times, port } = workerData as QueueThreadStart
const log = openLog('info', { thread: 'work' }, { write() {} })

const client = connectStore(port, (message: StoreToWork) => {
  if (message.kind === 'jobs') for (const job of message.jobs) pools.start(job)
})
const pools = new Pools({
  catalogue: noopJobs(local, () => {
    times[0] = monotonicMs()
    Atomics.add(counts, STARTED, 1)
  }),
  services: {},
  client,
  clock: systemClock,
  log,
})
const main = parentPort as MessagePort
main.postMessage({ kind: 'ready' })
