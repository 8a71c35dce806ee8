import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { asError } from '../../src/errors.ts'
import { type BenchOptions, readOptions } from './bench-options.ts'
import { describeMachine } from './machine.ts'
import { median, percentile } from './percentile.ts'
import { type Growth, measureGrowth } from './queue-growth.ts'
import { startServers } from './queue-servers.ts'
import { runSubject, type SubjectName, subjects } from './queue-subjects.ts'
import type { QueueFigures } from './queue-work.ts'
import { atLeast, atMost, type Goal, note, printReport, printTable, rounded, say } from './report.ts'
import { buildSlowDisk } from './slow-disk.ts'

/** On a real disk: what lies in memory syncs for nothing. */
const SCRATCH = '/var/tmp'
const SLOW_MS = 10
/** A part of the work takes so long at most: some hundred syncs of the slow disk. Longer, and a whole run finds no quiet hour. */
const BUDGET_MS = 4_000

interface Measured {
  subject: SubjectName
  fsyncDelayMs: number
  throughput: QueueFigures & { kind: 'throughput' }
  pickUp: QueueFigures & { kind: 'pick-up' }
}

const options = readOptions(process.argv.slice(2))
if (options) await run(options)
else process.exitCode = 2

async function run({ quick, json }: BenchOptions): Promise<void> {
  const directory = mkdtempSync(join(SCRATCH, 'mlango-bench-'))
  const machine = describeMachine(directory)
  const noSlowDisk = buildSlowDisk()
  const servers = await startServers(directory, noSlowDisk === undefined)
  const all = Object.keys(subjects) as SubjectName[]
  // With their defaults the servers' queues wait for themselves, not for the disk.
  const slow = all.filter((name) =>
    quick ? !/^(graphile|pg-boss)/.test(name) : name !== 'graphile' && name !== 'pg-boss',
  )
  const cells = [
    ...all.map((subject) => ({ subject, fsyncDelayMs: 0 })),
    ...(noSlowDisk === undefined ? slow.map((subject) => ({ subject, fsyncDelayMs: SLOW_MS })) : []),
  ]
  const jobs = quick ? 2_000 : 20_000
  const budgetMs = quick ? 1_000 : BUDGET_MS
  const rounds: Measured[][] = []
  const growth: Growth[][] = []
  try {
    for (let round = 1; round <= (quick ? 1 : 3); round += 1) {
      const measured: Measured[] = []
      for (const { subject, fsyncDelayMs } of cells) {
        note(`round ${round}: ${subject}, fsync +${fsyncDelayMs} ms`)
        const where = { directory, servers, fsyncDelayMs: noSlowDisk === undefined ? fsyncDelayMs : undefined }
        try {
          const throughput = await runSubject(subject, { kind: 'throughput', jobs, budgetMs }, where)
          const pickUp = await runSubject(subject, { kind: 'pick-up', times: quick ? 30 : 200, budgetMs }, where)
          if (throughput.kind === 'throughput' && pickUp.kind === 'pick-up') {
            measured.push({ subject, fsyncDelayMs, throughput, pickUp })
          }
        } catch (thrown) {
          // A peer that gives up must not take the others' figures along; its cells stay empty and its goals unmet.
          note(`  no figures: ${asError(thrown).message}`)
        }
      }
      rounds.push(measured)
      note(`round ${round}: how cost grows`)
      growth.push(
        (quick ? [1_000, 100_000] : [1_000, 100_000, 1_000_000]).map((size) => measureGrowth(directory, size)),
      )
    }
  } finally {
    await servers.stop()
    rmSync(directory, { recursive: true })
  }

  const rows = cells.map((cell) => summary(rounds, cell))
  say(
    `${jobs} no-op jobs, seven at once, or what ${budgetMs / 1000} s are enough for. Every queue is set to keep what it has\nacknowledged when the power goes. Medians of ${rounds.length} round(s).\n`,
  )
  printTable(
    [
      'queue',
      'fsync +ms',
      'enqueue/s, one by one',
      'p50 ms',
      'enqueue/s, 1000 in flight',
      'p99 ms',
      'jobs/s',
      'CPU us/job',
      'pick-up p50 ms',
      'p99 ms',
    ],
    rows.map((row) => [
      subjects[row.subject].title,
      row.fsync_delay_ms,
      row.enqueue_single_per_second,
      row.enqueue_single_p50_ms,
      row.enqueue_per_second,
      row.enqueue_p99_ms,
      row.jobs_per_second,
      row.cpu_us_per_job,
      row.pick_up_p50_ms,
      row.pick_up_p99_ms,
    ]),
  )
  const sizes = growthRows(growth)
  say(
    '\nA claim of seven jobs and a local one in a table of so many, while one runs that runs alone; without its sync:\n',
  )
  printTable(
    ['jobs', 'claim p50 ms', 'with as many ends and new ones p50 ms', 'x smallest'],
    sizes.map((row) => [row.jobs, row.claim_p50_ms, row.cycle_p50_ms, row.claim_vs_smallest]),
  )
  if (noSlowDisk !== undefined) say(`\nLeft out: the slow disks, and with them two goals: ${noSlowDisk}`)
  const goals = goalsOf(rounds, rows, sizes)
  printReport({ bench: 'queue', machine, results: [...rows, ...sizes], goals }, json)
}

interface Cell {
  subject: SubjectName
  fsyncDelayMs: number
}

function cellOf(round: readonly Measured[], { subject, fsyncDelayMs }: Cell): Measured | undefined {
  return round.find((one) => one.subject === subject && one.fsyncDelayMs === fsyncDelayMs)
}

function summary(rounds: readonly Measured[][], cell: Cell) {
  const measured = rounds.flatMap((round) => cellOf(round, cell) ?? [])
  const of = (figure: (measured: Measured) => number) =>
    measured.length === 0 ? undefined : rounded(median(measured.map(figure)))
  return {
    subject: cell.subject,
    fsync_delay_ms: cell.fsyncDelayMs,
    enqueue_single_per_second: of(({ throughput }) => throughput.enqueueSinglePerSecond),
    enqueue_single_p50_ms: of(({ throughput }) => percentile(throughput.enqueueSingleMs, 50)),
    enqueue_per_second: of(({ throughput }) => throughput.enqueuePerSecond),
    enqueue_p99_ms: of(({ throughput }) => percentile(throughput.enqueueMs, 99)),
    jobs_per_second: of(({ throughput }) => throughput.jobsPerSecond),
    cpu_us_per_job: of(({ throughput }) => throughput.cpuUsPerJob),
    pick_up_p50_ms: of(({ pickUp }) => percentile(pickUp.pickUpMs, 50)),
    pick_up_p99_ms: of(({ pickUp }) => percentile(pickUp.pickUpMs, 99)),
  }
}

function growthRows(growth: readonly Growth[][]) {
  return (growth[0] ?? []).map(({ jobs }, place) => ({
    jobs,
    claim_p50_ms: rounded(median(growth.map((round) => round[place]?.claimP50Ms ?? Number.NaN))),
    cycle_p50_ms: rounded(median(growth.map((round) => round[place]?.cycleP50Ms ?? Number.NaN))),
    claim_vs_smallest: rounded(
      median(growth.map((round) => (round[place]?.claimP50Ms ?? Number.NaN) / (round[0]?.claimP50Ms ?? Number.NaN))),
    ),
  }))
}

type Rate = 'enqueuePerSecond' | 'jobsPerSecond'

function goalsOf(
  rounds: readonly Measured[][],
  rows: readonly ReturnType<typeof summary>[],
  sizes: readonly ReturnType<typeof growthRows>[number][],
): Goal[] {
  // Within a round both had the same neighbours.
  const ratio = (rate: Rate, ours: SubjectName, peer: SubjectName, fsyncDelayMs: number) =>
    median(
      rounds.map((round) => {
        const of = (subject: SubjectName) => cellOf(round, { subject, fsyncDelayMs })?.throughput[rate] ?? Number.NaN
        return of(ours) / of(peer)
      }),
    )
  const idle = rows.find((row) => row.subject === 'mlango' && row.fsync_delay_ms === 0)
  const slowed = rows.some((row) => row.fsync_delay_ms > 0)
  return [
    atLeast('enqueue-1000-in-flight-vs-bullmq-always', ratio('enqueuePerSecond', 'mlango', 'bullmq', 0), 3),
    atLeast('enqueue-1000-in-flight-vs-plainjob-full', ratio('enqueuePerSecond', 'mlango', 'plainjob', 0), 10),
    atLeast('drain-vs-plainjob-full', ratio('jobsPerSecond', 'mlango', 'plainjob', 0), 3),
    atLeast('drain-of-local-jobs-vs-graphile-tuned', ratio('jobsPerSecond', 'mlango-local', 'graphile-tuned', 0), 1.2),
    atLeast('drain-of-local-jobs-vs-pg-boss-tuned', ratio('jobsPerSecond', 'mlango-local', 'pg-boss-tuned', 0), 1.2),
    ...(slowed
      ? [
          atLeast(
            'drain-of-local-jobs-vs-plainjob-full-with-10-ms-fsync',
            ratio('jobsPerSecond', 'mlango-local', 'plainjob', SLOW_MS),
            100,
          ),
          atLeast(
            'drain-of-local-jobs-vs-bullmq-always-with-10-ms-fsync',
            ratio('jobsPerSecond', 'mlango-local', 'bullmq', SLOW_MS),
            10,
          ),
        ]
      : []),
    atMost('idle-pick-up-p50-ms', idle?.pick_up_p50_ms ?? Number.NaN, 2),
    atMost('idle-pick-up-p99-ms', idle?.pick_up_p99_ms ?? Number.NaN, 12),
    atMost('claim-in-the-largest-table-vs-the-smallest', sizes.at(-1)?.claim_vs_smallest ?? Number.NaN, 1.5),
  ]
}
