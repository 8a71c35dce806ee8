import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchOptions, readOptions } from './bench-options.ts'
import { describeMachine } from './machine.ts'
import { median } from './percentile.ts'
import { startFreeRadius } from './radius-freeradius.ts'
import type { LoadOrder, LoadResult } from './radius-load.ts'
import { startMlango } from './radius-mlango.ts'
import type { RadiusSubject } from './radius-subject.ts'
import { atLeast, atMost, type Goal, note, printReport, printTable, rounded, say } from './report.ts'
import { buildSlowDisk, openSlowDisk } from './slow-disk.ts'

const options = readOptions(process.argv.slice(2))
if (options) await run(options)
else process.exitCode = 2

interface Sizes {
  rounds: number
  users: number
  manyUsers: number
  logins: number
  accounting: number
  burst: number
  steadySeconds: number
}

async function run({ quick, json }: BenchOptions): Promise<void> {
  const sizes: Sizes = quick
    ? { rounds: 1, users: 2_000, manyUsers: 20_000, logins: 8_000, accounting: 600, burst: 4_000, steadySeconds: 2 }
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
    const rates = await compare(load, directory, sizes, hasFreeRadius)
    const alone = await measureAlone(load, directory, sizes, noSlowDisk === undefined)
    report(rates, alone)
    if (!hasFreeRadius)
      say('\nLeft out: FreeRADIUS, and with it two goals: it is not installed (apt-get install freeradius)')
    if (noSlowDisk !== undefined) say(`\nLeft out: the slow disk, and with it one goal: ${noSlowDisk}`)
    printReport({ bench: 'radius', machine, results: [...rates, alone], goals: goalsOf(rates, alone) }, json)
  } finally {
    load.kill()
    rmSync(directory, { recursive: true })
  }
}

interface Rates {
  server: string
  pap_per_cpu_second: number
  chap_per_cpu_second: number
  accounting_per_second: number
  accounting_per_cpu_second: number
}

/** Every server in every round, so that what disturbs the machine disturbs all of them. */
async function compare(load: ChildProcess, directory: string, sizes: Sizes, hasFreeRadius: boolean): Promise<Rates[]> {
  const starts: ((folder: string) => Promise<RadiusSubject>)[] = [
    (folder) => startMlango(folder, sizes.users),
    ...(hasFreeRadius
      ? (['sql', 'files'] as const).map((kind) => (folder: string) => startFreeRadius(kind, folder, sizes.users))
      : []),
  ]
  const rounds: Rates[][] = []
  for (let round = 1; round <= sizes.rounds; round += 1) {
    note(`round ${round}`)
    const measured: Rates[] = []
    for (const start of starts)
      measured.push(await withSubject(directory, start, (subject) => ratesOf(load, subject, sizes)))
    rounds.push(measured)
  }
  return (rounds[0] ?? []).map(({ server }, place) => {
    const of = (figure: Exclude<keyof Rates, 'server'>) =>
      rounded(median(rounds.map((round) => round[place]?.[figure] ?? Number.NaN)))
    return {
      server,
      pap_per_cpu_second: of('pap_per_cpu_second'),
      chap_per_cpu_second: of('chap_per_cpu_second'),
      accounting_per_second: of('accounting_per_second'),
      accounting_per_cpu_second: of('accounting_per_cpu_second'),
    }
  })
}

async function ratesOf(
  load: ChildProcess,
  subject: RadiusSubject,
  { users, logins, accounting }: Sizes,
): Promise<Rates> {
  const order = { users, port: subject.authPort, pace: { window: 64 } }
  await measure(load, subject, { ...order, kind: 'pap', count: Math.min(2_000, logins) })
  const pap = await measure(load, subject, { ...order, kind: 'pap', count: logins })
  const chap = await measure(load, subject, { ...order, kind: 'chap', count: logins })
  const acct = await measure(load, subject, { ...order, port: subject.acctPort, kind: 'accounting', count: accounting })
  return {
    server: subject.name,
    pap_per_cpu_second: pap.answered / pap.cpuSeconds,
    chap_per_cpu_second: chap.answered / chap.cpuSeconds,
    accounting_per_second: acct.answered / acct.seconds,
    accounting_per_cpu_second: acct.answered / acct.cpuSeconds,
  }
}

interface Alone {
  server: 'mlango alone'
  burst_resent: number
  burst_lost: number
  steady_p99_ms: number
  many_users_cost: number
  quiet_p99_ms: number
  slow_fsync_p99_ms: number | undefined
}

/** What only we are asked for. */
async function measureAlone(load: ChildProcess, directory: string, sizes: Sizes, canSlow: boolean): Promise<Alone> {
  note('burst, latency, many users')
  const { users, manyUsers, logins, steadySeconds } = sizes
  const few = await withSubject(
    directory,
    (folder) => startMlango(folder, users),
    async (subject) => {
      const order = { users, port: subject.authPort, kind: 'pap' as const }
      const warm = await measure(load, subject, { ...order, count: logins, pace: { window: 64 } })
      const burst = await measure(load, subject, { ...order, count: sizes.burst, pace: 'burst' })
      const steady = await measure(load, subject, {
        ...order,
        count: 1_000 * steadySeconds,
        pace: { perSecond: 1_000 },
      })
      return { burst, steady, cost: warm.cpuSeconds / warm.answered }
    },
  )
  const many = await withSubject(
    directory,
    (folder) => startMlango(folder, manyUsers),
    async (subject) => {
      const warm = await measure(load, subject, {
        users: manyUsers,
        port: subject.authPort,
        kind: 'pap',
        count: logins,
        pace: { window: 64 },
      })
      return warm.cpuSeconds / warm.answered
    },
  )
  const slow = canSlow ? await slowDisk(load, directory, sizes) : undefined
  return {
    server: 'mlango alone',
    burst_resent: few.burst.resent,
    burst_lost: few.burst.lost,
    steady_p99_ms: rounded(few.steady.p99Ms),
    many_users_cost: rounded(many / few.cost),
    quiet_p99_ms: rounded(slow?.quietMs ?? few.steady.p99Ms),
    slow_fsync_p99_ms: slow && rounded(slow.slowMs),
  }
}

/** Logins at 200/s: at peace, and while a thousand accounting packets wait for a disk that takes 100 ms for each sync. */
async function slowDisk(load: ChildProcess, directory: string, { users, steadySeconds }: Sizes) {
  const disk = openSlowDisk({ dataDir: directory, controlFile: `${directory}-delay-ms` })
  const second = fork(new URL('./radius-load.js', import.meta.url), { execArgv: [] })
  try {
    return await withSubject(
      directory,
      (folder) => startMlango(folder, users, disk.environment),
      async (subject) => {
        const logins: LoadOrder = {
          users,
          port: subject.authPort,
          kind: 'pap',
          count: 200 * steadySeconds,
          pace: { perSecond: 200 },
        }
        const quiet = await measure(load, subject, logins)
        disk.setDelayMs(100)
        const writes: LoadOrder = {
          users,
          port: subject.acctPort,
          kind: 'accounting',
          count: 1_000 * steadySeconds,
          pace: { perSecond: 1_000 },
        }
        const [slow] = await Promise.all([measure(load, subject, logins), measure(second, subject, writes)])
        return { quietMs: quiet.p99Ms, slowMs: slow.p99Ms }
      },
    )
  } finally {
    second.kill()
    rmSync(`${directory}-delay-ms`, { force: true })
  }
}

async function withSubject<Measured>(
  directory: string,
  start: (folder: string) => Promise<RadiusSubject>,
  work: (subject: RadiusSubject) => Promise<Measured>,
): Promise<Measured> {
  const folder = mkdtempSync(join(directory, 'server-'))
  const subject = await start(folder)
  try {
    return await work(subject)
  } finally {
    await subject.stop()
    rmSync(folder, { recursive: true })
  }
}

async function measure(
  load: ChildProcess,
  subject: RadiusSubject,
  order: LoadOrder,
): Promise<LoadResult & { cpuSeconds: number }> {
  load.send(order)
  await said(load)
  const before = subject.cpuSeconds()
  load.send('go')
  const result = (await said(load)) as LoadResult
  if (result.accepted < result.answered)
    throw new Error(`${subject.name} refused ${result.answered - result.accepted} packets`)
  return { ...result, cpuSeconds: subject.cpuSeconds() - before }
}

/** The next thing that the load process says; it must not be waited for when it has ended. */
async function said(load: ChildProcess): Promise<unknown> {
  const ended = once(load, 'exit').then(() => {
    throw new Error('the load process ended')
  })
  const [message] = await Promise.race([once(load, 'message'), ended])
  ended.catch(() => {})
  return message
}

function report(rates: readonly Rates[], alone: Alone): void {
  say(
    'Replies per CPU-second of the server, which has one core and the load the other. Medians of interleaved rounds.\n',
  )
  printTable(
    ['server', 'PAP', 'CHAP', 'accounting', 'accounting per second'],
    rates.map((rate) => [
      rate.server,
      rate.pap_per_cpu_second,
      rate.chap_per_cpu_second,
      rate.accounting_per_cpu_second,
      rate.accounting_per_second,
    ]),
  )
  say('')
  printTable(
    ['of a burst resent', 'lost', '1000/s p99 ms', 'cost with many users', 'p99 ms at peace', 'p99 ms, fsync +100 ms'],
    [
      [
        alone.burst_resent,
        alone.burst_lost,
        alone.steady_p99_ms,
        alone.many_users_cost,
        alone.quiet_p99_ms,
        alone.slow_fsync_p99_ms,
      ],
    ],
  )
}

function goalsOf(rates: readonly Rates[], alone: Alone): Goal[] {
  const [mlango, sql] = rates
  return [
    ...(mlango && sql
      ? [
          atLeast('auth-per-cpu-second-vs-freeradius-sql', mlango.pap_per_cpu_second / sql.pap_per_cpu_second, 3),
          atLeast(
            'accounting-per-second-vs-freeradius-sql',
            mlango.accounting_per_second / sql.accounting_per_second,
            10,
          ),
        ]
      : []),
    atMost('burst-of-4000-lost-or-resent', alone.burst_lost + alone.burst_resent, 0),
    atMost('p99-ms-at-1000-per-second', alone.steady_p99_ms, 50),
    atMost('cost-with-twenty-times-the-users', alone.many_users_cost, 1.2),
    ...(alone.slow_fsync_p99_ms === undefined
      ? []
      : [atMost('auth-p99-with-slow-fsync-vs-at-peace', alone.slow_fsync_p99_ms / alone.quiet_p99_ms, 2)]),
  ]
}
