import { fork, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchOptions, readOptions } from './bench-options.ts'
import { describeMachine } from './machine.ts'
import { type Alone, measureAlone } from './radius-alone.ts'
import type { Sizes } from './radius-measure.ts'
import { compare, type Rates } from './radius-rates.ts'
import { atLeast, atMost, type Goal, printReport, printTable, say } from './report.ts'
import { buildSlowDisk } from './slow-disk.ts'

const options = readOptions(process.argv.slice(2))
if (options) await run(options)
else process.exitCode = 2

async function run({ quick, json }: BenchOptions): Promise<void> {
  const sizes: Sizes = quick
    ? { rounds: 1, users: 2_000, manyUsers: 20_000, logins: 20_000, accounting: 600, burst: 4_000, steadySeconds: 2 }
    : {
        rounds: 4,
        users: 10_000,
        manyUsers: 200_000,
        logins: 40_000,
        accounting: 4_500,
        burst: 4_000,
        steadySeconds: 5,
      }
  const directory = mkdtempSync(join(tmpdir(), 'mlango-bench-radius-'))
  const machine = describeMachine(directory)
  const hasFreeRadius = spawnSync('freeradius', ['-v']).status === 0
  const noSlowDisk = buildSlowDisk()
  const load = fork(new URL('./radius-load.js', import.meta.url), { execArgv: [] })
  spawnSync('taskset', ['-acp', '1', String(load.pid)])
  try {
    const rates = await compare(load, directory, sizes, { hasFreeRadius, canSlow: noSlowDisk === undefined })
    const alone = await measureAlone(load, directory, sizes, noSlowDisk === undefined)
    report(rates, alone)
    if (!hasFreeRadius)
      say('\nLeft out: FreeRADIUS, and with it two goals: it is not installed (apt-get install freeradius)')
    if (noSlowDisk !== undefined) say(`\nLeft out: the slow disk, and with it two goals: ${noSlowDisk}`)
    printReport({ bench: 'radius', machine, results: [...rates, alone], goals: goalsOf(rates, alone) }, json)
  } finally {
    load.kill()
    rmSync(directory, { recursive: true })
  }
}

function report(rates: readonly Rates[], alone: Alone): void {
  say(
    'Replies per CPU-second of the server, which has one core and the load the other. Medians of interleaved rounds.\n',
  )
  printTable(
    ['server', 'PAP', 'CHAP', 'accounting', 'accounting per second', 'per second, fsync +10 ms'],
    rates.map((rate) => [
      rate.server,
      rate.pap_per_cpu_second,
      rate.chap_per_cpu_second,
      rate.accounting_per_cpu_second,
      rate.accounting_per_second,
      rate.slow_accounting_per_second,
    ]),
  )
  say('')
  printTable(
    [
      'of a burst resent',
      'lost',
      '1000/s p99 ms',
      'cost with many users',
      'p99 ms at peace',
      'beside accounting',
      'the same, fsync +100 ms',
      'beside 1000 callbacks',
    ],
    [
      [
        alone.burst_resent,
        alone.burst_lost,
        alone.steady_p99_ms,
        alone.many_users_cost,
        alone.quiet_p99_ms,
        alone.busy_p99_ms,
        alone.slow_fsync_p99_ms,
        alone.callbacks_p99_ms,
      ],
    ],
  )
}

function goalsOf(rates: readonly Rates[], alone: Alone): Goal[] {
  const [mlango, sql] = rates
  return [
    ...(mlango && sql
      ? [atLeast('auth-per-cpu-second-vs-freeradius-sql', mlango.pap_per_cpu_second / sql.pap_per_cpu_second, 3)]
      : []),
    ...(mlango?.slow_accounting_per_second && sql?.slow_accounting_per_second
      ? [
          atLeast(
            'accounting-per-second-vs-freeradius-sql-with-10-ms-fsync',
            mlango.slow_accounting_per_second / sql.slow_accounting_per_second,
            10,
          ),
        ]
      : []),
    atMost('burst-of-4000-lost-or-resent', alone.burst_lost + alone.burst_resent, 0),
    atMost('p99-ms-at-1000-per-second', alone.steady_p99_ms, 50),
    // RouterOS waits 300 ms.
    atMost('auth-p99-ms-while-1000-callbacks-arrive', alone.callbacks_p99_ms, 250),
    atMost('cost-with-twenty-times-the-users', alone.many_users_cost, 1.2),
    ...(alone.slow_fsync_p99_ms === undefined || alone.busy_p99_ms === undefined
      ? []
      : [atMost('auth-p99-with-slow-fsync-vs-fast', alone.slow_fsync_p99_ms / alone.busy_p99_ms, 2)]),
  ]
}
