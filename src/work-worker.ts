import { MessageChannel, type Worker } from 'node:worker_threads'
import { catalogue } from '../jobs/catalogue.ts'
import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { asError, MlangoError } from './errors.ts'
import { watchClockSteps } from './flow/clock-steps.ts'
import { openClockWork } from './flow/clock-work.ts'
import { followClock, rescueJobs, tickSchedule } from './flow/queue-commands.ts'
import type { PoolName } from './flow/queues.ts'
import type { Log } from './log.ts'
import type { GaugeBoard } from './metrics/gauges.ts'
import { openWorkThread } from './opening-threads.ts'
import type { CommitCount } from './store/shared-reads.ts'
import type { StoreWorker } from './store-worker.ts'
import type { FromWork, ToWork } from './thread-messages.ts'

/** The work thread and the clock that starts it, seen from the main thread. */
export interface WorkWorker {
  /** Resolves when the thread takes jobs. Rejects with `work-failed` when it dies before that. */
  start(): Promise<void>
  readonly running: boolean
  /** Lets running jobs finish; what hangs is told to stop before `withinMs` are over, and what is not done by then is found again at the next start. Twice is as good as once. */
  stop(withinMs: number): Promise<void>
}

interface WorkWorkerOptions {
  store: StoreWorker
  /** The first one, which has been reading its code. */
  opened: Worker
  databaseFile: string
  config: Config
  gauges: GaugeBoard
  commits: CommitCount
  workers: Record<PoolName, number>
  clock: Clock
  log: Log
}

/** A thread that dies at once again must not spin, and what could not be stored is tried again so soon. */
const RESTART_DELAY_MS = 1_000

const NO_SLOTS: Record<PoolName, number> = { hotspot: 0, payments: 0, general: 0 }

/** A work thread that dies is replaced, and what it held goes back to the queues. */
export function openWorkWorker(options: WorkWorkerOptions): WorkWorker {
  const { store, opened, databaseFile, config, gauges, commits, workers, clock, log } = options
  let unused: Worker | undefined = opened
  let thread: Worker | undefined
  let running = false
  let stopping = false
  let cancelRestart = () => {}
  let stopWatching = () => {}
  let launched = Promise.resolve()
  const { promise: firstReady, resolve: ready, reject: failed } = Promise.withResolvers<void>()

  const clockWork = openClockWork({
    catalogue,
    timeZone: config.site.timezone,
    nowMs: () => clock.nowMs(),
    log,
    tick: (name, slotMs) => store.client.run(tickSchedule, { name, slotMs }),
    work: { launch, died },
  })

  function launch(): Worker {
    const worker = unused ?? openWorkThread()
    unused = undefined
    thread = worker
    worker.ref()
    const { port1, port2 } = new MessageChannel()
    store.connect(port1)
    const start = { databaseFile, config, gauges, commits, workers, store: port2 }
    worker.postMessage({ kind: 'start', start } satisfies ToWork, [port2])
    worker.on('message', ({ kind }: FromWork) => {
      if (kind !== 'ready') return
      running = true
      store.setSlots(workers)
      ready()
    })
    return worker
  }

  function died(reason: string): void {
    running = false
    thread = undefined
    failed(new MlangoError('work-failed', reason))
    log.fatal({ reason }, 'the work thread died; a new one takes over')
    store.setSlots(NO_SLOTS)
    replace(reason)
  }

  /** INVARIANT: no thread takes jobs before those of the last one are back; each that is not holds a slot until the next start. */
  function replace(reason: string): void {
    cancelRestart = clock.after(RESTART_DELAY_MS, async () => {
      try {
        await store.client.run(rescueJobs, { reason })
      } catch (thrown) {
        log.error({ err: asError(thrown) }, 'running jobs could not be put back; it is tried again')
        if (!stopping) replace(reason)
        return
      }
      clockWork.restartWork().catch((thrown) => log.fatal({ err: asError(thrown) }, 'no new work thread'))
    })
  }

  /** Whether it is stored; what is not is told again. */
  async function stepped(byMs: number): Promise<boolean> {
    log.warn({ byMs }, 'the clock was set; schedules and waiting jobs follow')
    try {
      await store.client.run(followClock, { byMs })
    } catch (thrown) {
      log.error({ err: asError(thrown) }, 'waiting jobs could not follow the clock; it is tried again')
      return false
    }
    await clockWork
      .realign()
      .catch((thrown) => log.error({ err: asError(thrown) }, 'schedules could not follow the clock'))
    return true
  }

  async function stopThread(withinMs: number): Promise<void> {
    store.setSlots(NO_SLOTS)
    running = false
    const worker = thread
    thread = undefined
    if (!worker) {
      await unused?.terminate()
      return
    }
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    worker.postMessage({ kind: 'stop', withinMs } satisfies ToWork)
    const cancel = clock.after(withinMs + 1_000, () => void worker.terminate())
    await ended
    cancel()
  }

  return {
    async start() {
      stopWatching = watchClockSteps({ clock, monotonicMs: () => performance.now(), stepped })
      launched = clockWork.start()
      await Promise.all([launched, firstReady])
    },
    get running() {
      return running
    },
    async stop(withinMs) {
      stopping = true
      stopWatching()
      cancelRestart()
      await launched.catch(() => {})
      // The clock's own patience is not added to the thread's.
      await Promise.all([clockWork.stop(), stopThread(withinMs)])
    },
  }
}
