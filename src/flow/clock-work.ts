import { EventEmitter } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import Bree from 'bree'
import { asError } from '../errors.ts'
import type { Log } from '../log.ts'
import { lastSlotMs } from './cron.ts'
import type { JobCatalogue } from './job-definition.ts'

/** Name of the long-lived thread among Bree's jobs. */
const WORK = 'work'

export interface ClockWorkOptions {
  catalogue: JobCatalogue
  timeZone: string
  log: Log
  nowMs(): number
  /** A slot of a schedule has come, or may have been missed; resolves when it is stored. The same slot may be told again. */
  tick(name: string, slotMs: number): Promise<unknown>
  work: { launch(): Worker; died(reason: string): void }
}

export interface ClockWork {
  start(): Promise<void>
  /** Stops the schedules; the work thread is the caller's to stop. */
  stop(): Promise<void>
  /** The wall clock was set: timers armed before are wrong, and slots may have been leapt over. */
  realign(): Promise<void>
  /** A new work thread, after the last one died. */
  restartWork(): Promise<void>
}

/** Bree waits for ever for a run that does not end. */
const STOP_MS = 2_000

/** A slot that came so short a time ago has not been missed; Bree does not tell one that comes while it starts. */
const LATE_MS = 60_000

/** Timers may come a moment before the time they were asked for. */
const EARLY_MS = 500

/**
 * Bree is the clock: it knows when, and starts the one long-lived thread. It would start a thread for every tick, remember
 * nothing and could hang for ever on stop; so a tick's "worker" here is a stand-in that only says "now", slots that were
 * missed are told again at the next start, and `stop` is bounded. Throws `schedule-invalid` for a schedule it cannot read.
 */
export function openClockWork(options: ClockWorkOptions): ClockWork {
  const scheduled = Object.values(options.catalogue).flatMap((jobs) =>
    Object.entries(jobs).flatMap(([name, { schedule, catchUp = 'once' }]) =>
      schedule === undefined ? [] : [{ name, schedule, catchUp }],
    ),
  )
  const lastSlot = (schedule: string) => lastSlotMs(schedule, options.timeZone, options.nowMs() + EARLY_MS)
  for (const { schedule } of scheduled) lastSlot(schedule)
  /** Slots that are not stored yet: a full disk must not swallow the one run of a day. */
  const untold = new Map<string, number>()
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
      // A text as `path` needs no file; it is never run.
      { name: WORK, path: '/* work */0;', timeout: false, worker: { eval: true } },
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
    return name === WORK ? startWork() : (new Tick(() => tell(name)) as EventEmitter as Worker)
  }

  function tell(name: string): void {
    const schedule = scheduled.find((one) => one.name === name)?.schedule
    if (stopping || schedule === undefined) return
    untold.set(name, lastSlot(schedule))
    for (const [waiting, slotMs] of untold) {
      options.tick(waiting, slotMs).then(
        () => untold.get(waiting) === slotMs && untold.delete(waiting),
        (thrown) => options.log.warn({ err: asError(thrown), job: waiting }, 'a tick of the clock was not stored'),
      )
    }
  }

  function startWork(): Worker {
    const worker = options.work.launch()
    worker.on('error', (error) => options.log.fatal({ err: error }, 'the work thread failed'))
    worker.on('exit', (code) => {
      // Later: Bree forgets the dead worker in its own listener, which runs after this one.
      if (!stopping) setImmediate(() => options.work.died(`the work thread ended with code ${code}`))
    })
    return worker
  }

  async function startSchedules(): Promise<void> {
    for (const { name } of scheduled) await bree.start(name)
    // Power may have been out when a slot came. Most scheduled jobs make a state right: the last slot stands for all before it.
    for (const { name, schedule, catchUp } of scheduled) {
      if (catchUp === 'once' || options.nowMs() - lastSlot(schedule) < LATE_MS) tell(name)
    }
  }

  async function stopSchedules(): Promise<void> {
    const stopped = Promise.all(scheduled.map(({ name }) => bree.stop(name)))
    const tooLong = new AbortController()
    const patience = delay(STOP_MS, undefined, { signal: tooLong.signal, ref: false }).catch(() => {})
    await Promise.race([stopped, patience])
    tooLong.abort()
  }

  return {
    async start() {
      await bree.run(WORK)
      await startSchedules()
    },
    async stop() {
      stopping = true
      await stopSchedules()
    },
    async realign() {
      await stopSchedules()
      if (!stopping) await startSchedules()
    },
    async restartWork() {
      if (!stopping) await bree.run(WORK)
    },
  }
}

/** What Bree takes for a worker thread that ran and ended. */
class Tick extends EventEmitter {
  /** Bree has forgotten it: a word more, and Bree would throw. */
  #over = false

  constructor(now: () => void) {
    super()
    // Bree attaches its listeners after `createWorker` has returned.
    setImmediate(() => {
      if (this.#over) return
      this.emit('online')
      now()
      if (!this.#over) this.emit('message', 'done')
    })
  }

  postMessage(message: unknown): void {
    if (message !== 'cancel') return
    this.#over = true
    this.emit('message', 'cancelled')
  }

  async terminate(): Promise<number> {
    this.#over = true
    this.emit('exit', 0)
    return 0
  }
}
