import { setTimeout as sleep } from 'node:timers/promises'
import type { QueueFigures, QueueWork } from './queue-work.ts'

/** A queue to be measured, opened on an empty directory or database. */
export interface QueueSubject {
  /** Resolves when the job is stored. */
  enqueue(): Promise<unknown>
  /** Stores so many jobs in the fastest way there is; not measured. */
  fill(jobs: number): Promise<unknown>
  /** Takes jobs, seven at once, from now on. */
  work(): Promise<unknown>
  /** For those that do not tell when an end is stored: how many jobs are not done. */
  left?(): Promise<number>
  close(): Promise<unknown>
}

/** What a subject tells while it works. */
export interface Told {
  /** A handler has begun; `atMs` by `monotonicMs`. */
  started(atMs: number): void
  /** The ends of so many runs are stored. */
  ended(runs: number): void
}

const LOOK_MS = 2
const SEQUENTIAL_SHARE = 0.1

/** One clock for all threads of a process. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** The whole of a subject's process: opens it, does what it was started for, tells the figures, ends. */
export async function serveSubject(open: (directory: string, told: Told, more: string[]) => Promise<QueueSubject>) {
  const [work = '', directory = '', ...more] = process.argv.slice(2)
  let started = 0
  let ended = 0
  let lastStartMs = 0
  const told: Told = {
    started(atMs) {
      started += 1
      lastStartMs = atMs
    },
    ended(runs) {
      ended += runs
    },
  }
  const subject = await open(directory, told, more)
  const counts = { started: () => started, ended: () => ended, lastStartMs: () => lastStartMs }
  const asked = JSON.parse(work) as QueueWork
  const figures =
    asked.kind === 'pick-up' ? await pickUp(subject, asked, counts) : await throughput(subject, asked, counts)
  await new Promise<void>((resolve) => process.send?.(figures, () => resolve()))
  // Some clients leave timers behind.
  await Promise.race([subject.close(), sleep(2_000)])
  process.exit(0)
}

interface Counts {
  started(): number
  ended(): number
  lastStartMs(): number
}

async function throughput(
  subject: QueueSubject,
  { jobs, budgetMs }: QueueWork & { kind: 'throughput' },
  counts: Counts,
): Promise<QueueFigures> {
  const single = await enqueueAll(subject, 1, Math.ceil(jobs * SEQUENTIAL_SHARE), budgetMs / 4)
  const inFlight = await enqueueAll(subject, 1_000, jobs, budgetMs)
  const stored = single.latenciesMs.length + inFlight.latenciesMs.length
  await subject.fill(Math.max(0, jobs - stored))
  return {
    kind: 'throughput',
    enqueueSinglePerSecond: single.perSecond,
    enqueueSingleMs: single.latenciesMs,
    enqueuePerSecond: inFlight.perSecond,
    enqueueMs: inFlight.latenciesMs,
    ...(await drain(subject, Math.max(jobs, stored), budgetMs, counts)),
  }
}

async function enqueueAll(subject: QueueSubject, atOnce: number, jobs: number, budgetMs: number) {
  const startMs = monotonicMs()
  const latenciesMs: number[] = []
  let begun = 0
  const one = async () => {
    while (begun < jobs && monotonicMs() - startMs < budgetMs) {
      begun += 1
      const fromMs = monotonicMs()
      await subject.enqueue()
      latenciesMs.push(monotonicMs() - fromMs)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, one))
  return { perSecond: (latenciesMs.length / (monotonicMs() - startMs)) * 1000, latenciesMs }
}

/** Until every end is stored, or the time is over: then as many as are. */
async function drain(subject: QueueSubject, jobs: number, budgetMs: number, counts: Counts) {
  const cpu = process.cpuUsage()
  const startMs = monotonicMs()
  const inTime = () => monotonicMs() - startMs < budgetMs
  await subject.work()
  let done = 0
  while (done < jobs && inTime()) {
    await sleep(LOOK_MS)
    if (!subject.left) done = counts.ended()
    // Counting costs the peer something: only when it must be near its end.
    else if (counts.started() >= jobs || !inTime()) done = jobs - (await subject.left())
  }
  const ms = monotonicMs() - startMs
  const { user, system } = process.cpuUsage(cpu)
  return { jobsPerSecond: (done / ms) * 1000, cpuUsPerJob: (user + system) / Math.max(1, done) }
}

/** At most so many jobs, of at most so long a time, run before the first pick-up is timed: what comes later meets code that is compiled. */
const BEFORE_JOBS = 2_000
const BEFORE_MS = 1_000
/** Until all of them have ended: one that is picked up among others is not picked up by an idle queue. */
const ENDED_WITHIN_MS = 30_000

/** From the call that stores a job to the first line of its handler, one job at a time, of a queue that has worked before. */
async function pickUp(
  subject: QueueSubject,
  { times, budgetMs }: QueueWork & { kind: 'pick-up' },
  counts: Counts,
): Promise<QueueFigures> {
  const pickUpMs: number[] = []
  const before = (await enqueueAll(subject, 100, BEFORE_JOBS, BEFORE_MS)).latenciesMs.length
  await drain(subject, before, ENDED_WITHIN_MS, counts)
  await sleep(500)
  const startMs = monotonicMs()
  for (let time = 0; time < times && monotonicMs() - startMs < budgetMs; time += 1) {
    // Not in step with anybody's polling.
    await sleep(3 + ((time * 7) % 11))
    const fromMs = monotonicMs()
    await subject.enqueue()
    while (counts.started() <= before + time) await sleep(1)
    pickUpMs.push(counts.lastStartMs() - fromMs)
  }
  return { kind: 'pick-up', pickUpMs }
}
