import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchOptions, readOptions } from './bench-options.ts'
import { type Measured, type Measuring, measureMlango, measurePeer } from './callback-subjects.ts'
import { startLoad } from './load.ts'
import { describeMachine } from './machine.ts'
import { median, percentile } from './percentile.ts'
import { atMost, type Goal, note, printReport, printTable, rounded, say } from './report.ts'
import { buildSlowDisk } from './slow-disk.ts'

const NAMES = { nothing: 'stores nothing (the floor)', 'per-request': 'a transaction per request', mlango: 'mlango' }

const options = readOptions(process.argv.slice(2))
if (options) await run(options)
else process.exitCode = 2

async function run({ quick, json }: BenchOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-bench-'))
  const machine = describeMachine(directory)
  const noSlowDisk = buildSlowDisk()
  const load = startLoad()
  const measuring: Measuring = {
    load,
    directory,
    burst: quick ? 300 : 1000,
    perSecond: 200,
    steadySeconds: quick ? 1 : 5,
    fsyncDelaysMs: noSlowDisk === undefined ? (quick ? [0, 10] : [0, 10, 30]) : [0],
  }
  const rounds: Measured[][] = []
  try {
    for (let round = 1; round <= (quick ? 1 : 3); round += 1) {
      note(`round ${round}`)
      rounds.push([
        ...(await measurePeer('nothing', measuring)),
        // Half a minute for each slow disk, and the same every time.
        ...(round === 1 ? await measurePeer('per-request', measuring) : []),
        ...(await measureMlango(measuring)),
      ])
    }
  } finally {
    await load.stop()
    rmSync(directory, { recursive: true })
  }

  const rows = (rounds[0] ?? []).map((measured) => summary(rounds, measured))
  say(
    `${measuring.burst} callbacks at once over as many sockets, and ${measuring.perSecond}/s for ${measuring.steadySeconds} s.`,
  )
  say(
    `Times in ms, medians of ${rounds.length} round(s), of a transaction per request one. Every callback that mlango answered was found stored once, its payment paid.\n`,
  )
  printTable(
    [
      'server',
      'fsync +ms',
      'burst p50',
      'burst p99',
      'x floor',
      '200/s p50',
      '200/s p99',
      'loop p99',
      'loop p99 in burst',
    ],
    rows.map((row) => [
      NAMES[row.subject],
      row.fsync_delay_ms,
      row.burst_p50_ms,
      row.burst_p99_ms,
      row.burst_p99_vs_floor,
      row.steady_p50_ms,
      row.steady_p99_ms,
      row.steady_event_loop_p99_ms,
      row.burst_event_loop_p99_ms,
    ]),
  )
  if (noSlowDisk !== undefined) say(`\nLeft out: the slow disks, and with them two goals: ${noSlowDisk}`)
  printReport({ bench: 'callbacks', machine, results: rows, goals: goalsOf(rows) }, json)
}

/** One line of the table: medians over the rounds; the ratio is taken within each round. */
function summary(rounds: readonly Measured[][], { subject, fsyncDelayMs }: Measured) {
  const each = rounds.flatMap((round) =>
    round.filter((measured) => measured.subject === subject && measured.fsyncDelayMs === fsyncDelayMs),
  )
  const floors = rounds.map((round) => percentile(round[0]?.burst ?? [], 99))
  const of = (figure: (measured: Measured, round: number) => number | undefined) => {
    const figures = each.map(figure).filter((value) => value !== undefined)
    return figures.length === 0 ? undefined : rounded(median(figures))
  }
  return {
    subject,
    fsync_delay_ms: fsyncDelayMs,
    burst_p50_ms: of(({ burst }) => percentile(burst, 50)),
    burst_p99_ms: of(({ burst }) => percentile(burst, 99)),
    burst_p99_vs_floor: of(({ burst }, round) => percentile(burst, 99) / (floors[round] ?? Number.NaN)),
    steady_p50_ms: of(({ steady }) => steady && percentile(steady, 50)),
    steady_p99_ms: of(({ steady }) => steady && percentile(steady, 99)),
    steady_event_loop_p99_ms: of(({ steadyLoopP99 }) => steadyLoopP99),
    burst_event_loop_p99_ms: of(({ burstLoopP99 }) => burstLoopP99),
  }
}

function goalsOf(rows: readonly ReturnType<typeof summary>[]): Goal[] {
  const mlango = (delayMs: number) => rows.find((row) => row.subject === 'mlango' && row.fsync_delay_ms === delayMs)
  const slow = mlango(10)
  return [
    atMost('burst-p99-vs-storing-nothing', mlango(0)?.burst_p99_vs_floor ?? Number.NaN, 1.5),
    ...(slow
      ? [
          atMost('burst-p99-ms-with-10-ms-fsync', slow.burst_p99_ms ?? Number.NaN, 300),
          atMost(
            'event-loop-p99-ms-at-200-per-second-with-10-ms-fsync',
            slow.steady_event_loop_p99_ms ?? Number.NaN,
            5,
          ),
        ]
      : []),
  ]
}
