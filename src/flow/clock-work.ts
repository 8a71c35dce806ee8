import { EventEmitter } from 'node:events'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import Bree from 'bree'
import { asError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { JobCatalogue } from './job-definition.ts'

/** Name of the long-lived thread among Bree's jobs. */
const WORK = 'work'

export interface ClockWorkOptions {
  catalogue: JobCatalogue
  timeZone: string
  log: Log
  /** A slot of a schedule has come. */
  tick(name: string, slotMs: number): void
  /** The compiled module of the work thread, and what it is started with. */
  work: { path: string; options(): WorkerOptions; started(worker: Worker): void; died(reason: string): void }
}

export interface ClockWork {
  start(): Promise<void>
  /** Stops the schedules; the work thread is the caller's to stop. */
  stop(): Promise<void>
  /** A new work thread, after the last one died. */
  restartWork(): Promise<void>
}

/**
 * Bree is the clock: it knows when, and starts the one long-lived thread. It would start a thread for every tick, remember
 * nothing and could hang for ever on stop; so a tick's "worker" here is a stand-in that only says "now", missed slots are
 * caught up by `start`, and `stop` is bounded.
 */
export function openClockWork(options: ClockWorkOptions): ClockWork {
  const scheduled = Object.values(options.catalogue).flatMap((jobs) =>
    Object.entries(jobs).flatMap(([name, { schedule }]) => (schedule === undefined ? [] : [{ name, schedule }])),
  )
  let stopping = false

  const bree = new Bree({
    root: false,
    doRootCheck: false,
    logger: false,
    timezone: options.timeZone,
    errorHandler: (error: unknown, about: { name?: string } | undefined) =>
      options.log.error({ err: asError(error), job: about?.name }, 'the clock reports an error'),
    workerMessageHandler: () => {},
    jobs: [
      { name: WORK, path: options.work.path, timeout: false },
      // A text as `path` needs no file; it is never run.
      ...scheduled.map(({ name, schedule }) => ({
        name,
        path: '/* tick */0;',
        cron: schedule,
        worker: { eval: true },
      })),
    ],
  })
  bree.createWorker = (_path, given) => {
    const name: string = given.workerData.job.name
    // Of a Worker, Bree uses only what a Tick has.
    return name === WORK ? startWork() : (new Tick(() => options.tick(name, slotNow())) as EventEmitter as Worker)
  }

  function startWork(): Worker {
    const worker = new Worker(options.work.path, options.work.options())
    worker.on('error', (error) => options.log.fatal({ err: error }, 'the work thread failed'))
    worker.on('exit', (code) => {
      // Later: Bree forgets the dead worker in its own listener, which runs after this one.
      if (!stopping) setImmediate(() => options.work.died(`the work thread ended with code ${code}`))
    })
    options.work.started(worker)
    return worker
  }

  return {
    async start() {
      await bree.run(WORK)
      for (const { name } of scheduled) await bree.start(name)
      // Power may have been out when a slot came. Scheduled jobs make a state right, so once is enough, and never too often.
      for (const { name } of scheduled) options.tick(name, slotNow())
    },
    async stop() {
      stopping = true
      await Promise.all(scheduled.map(({ name }) => bree.stop(name)))
    },
    restartWork: () => bree.run(WORK),
  }
}

/** Schedules are cron texts: their slots are whole seconds. */
const slotNow = () => Math.floor(Date.now() / 1000) * 1000

/** What Bree takes for a worker thread that ran and ended. */
class Tick extends EventEmitter {
  constructor(now: () => void) {
    super()
    // Bree attaches its listeners after `createWorker` has returned.
    setImmediate(() => {
      this.emit('online')
      now()
      this.emit('message', 'done')
    })
  }

  postMessage(message: unknown): void {
    if (message === 'cancel') this.emit('message', 'cancelled')
  }

  async terminate(): Promise<number> {
    this.emit('exit', 0)
    return 0
  }
}
