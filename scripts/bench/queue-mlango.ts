import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MessageChannel, Worker } from 'node:worker_threads'
import { enqueueJob } from '../../src/flow/queue-commands.ts'
import { connectStore } from '../../src/store/client.ts'
import { TURNS, WORKERS } from './queue-noop-jobs.ts'
import { serveSubject } from './queue-subject.ts'
import { ENDED, type QueueThreadStart, STARTED } from './queue-thread-start.ts'

const LOOK_MS = 2

/** The daemon's queue with its threads, as the daemon runs them: FULL, and what comes at once shares a commit. */
await serveSubject(async (directory, told, [variant]) => {
  const counts = new Int32Array(new SharedArrayBuffer(8))
  const times = new Float64Array(new SharedArrayBuffer(8))
  const databaseFile = join(directory, 'mlango.db')
  const { port1, port2 } = new MessageChannel()
  const start = { databaseFile, local: variant === 'local', counts, times }
  const thread = (name: string, port: QueueThreadStart['port']) =>
    new Worker(new URL(`./queue-${name}-thread.js`, import.meta.url), {
      workerData: { ...start, port } satisfies QueueThreadStart,
      transferList: [port],
    })
  const store = thread('store', port1)
  const client = connectStore(store, () => {})
  await once(store, 'message')
  const work = thread('work', port2)
  // As in the daemon: no job is handed out before there is a thread that can take it.
  await once(work, 'message')

  let closed = false
  const watch = async () => {
    for (let started = 0, ended = 0; !closed; await sleep(LOOK_MS)) {
      const now = { started: Atomics.load(counts, STARTED), ended: Atomics.load(counts, ENDED) }
      for (; started < now.started; started += 1) told.started(times[0] ?? 0)
      told.ended(now.ended - ended)
      ended = now.ended
    }
  }
  watch()

  let made = 0
  const enqueue = () => client.run(enqueueJob, { name: TURNS[made % TURNS.length] ?? 'open', payload: { n: ++made } })
  return {
    enqueue,
    async fill(jobs) {
      await Promise.all(Array.from({ length: jobs }, enqueue))
    },
    async work() {
      store.postMessage({ kind: 'slots', slots: WORKERS })
    },
    async close() {
      closed = true
      await Promise.all([store.terminate(), work.terminate()])
    },
  }
})
