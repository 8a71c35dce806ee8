import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchOptions, readOptions } from './bench-options.ts'
import { type Followed, followPayments } from './followed-payments.ts'
import { describeMachine } from './machine.ts'
import { median, percentile } from './percentile.ts'
import { openRadiusTap, type RadiusTap } from './radius-tap.ts'
import { atMost, note, printReport, printTable, rounded, say } from './report.ts'
import { openSite } from './site.ts'
import { buildSlowDisk } from './slow-disk.ts'

const PER_SECOND = 20
/** Not counted: the first customers after a start find a cold daemon. */
const WARM_UP = 20

const STAGES: Record<keyof Followed, string> = {
  taken: 'callback in the transaction',
  granted: 'grant stands',
  accepted: 'RADIUS says yes',
  online: 'phone logged in at the router',
  noted: 'written down, payment fulfilled',
}

const options = readOptions(process.argv.slice(2))
if (options) await run(options)
else process.exitCode = 2

async function run({ quick, json }: BenchOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-bench-'))
  const machine = describeMachine(directory)
  const noSlowDisk = buildSlowDisk()
  const count = quick ? 100 : 400
  const delaysMs = noSlowDisk === undefined && !quick ? [0, 10] : [0]
  const rounds = quick ? 1 : 3
  const followed = new Map<number, Followed[][]>(delaysMs.map((delayMs) => [delayMs, []]))
  try {
    for (let round = 1; round <= rounds; round += 1) {
      for (const delayMs of delaysMs) {
        note(`round ${round}, fsync +${delayMs} ms`)
        const own = mkdtempSync(join(directory, 'site-'))
        followed.get(delayMs)?.push(await oneRound({ directory: own, count, delayMs, slowDisk: delaysMs.length > 1 }))
      }
    }
  } finally {
    rmSync(directory, { recursive: true })
  }

  say(
    `${count} payments, ${PER_SECOND} a second, all logged in once. Times in ms since M-PESA sent the callback, medians of ${rounds} round(s).\n`,
  )
  const rows = delaysMs.flatMap((delayMs) =>
    (Object.keys(STAGES) as (keyof Followed)[]).map((stage) => {
      const each = followed.get(delayMs)?.map((round) => round.map((one) => one[stage])) ?? []
      return {
        fsync_delay_ms: delayMs,
        stage,
        p50_ms: rounded(median(each.map((times) => percentile(times, 50)))),
        p99_ms: rounded(median(each.map((times) => percentile(times, 99)))),
      }
    }),
  )
  printTable(
    ['fsync +ms', 'until', 'p50', 'p99'],
    rows.map((row) => [row.fsync_delay_ms, STAGES[row.stage], row.p50_ms, row.p99_ms]),
  )
  if (noSlowDisk !== undefined && !quick) say(`\nLeft out: the slow disk: ${noSlowDisk}`)
  const online = rows.find(({ stage, fsync_delay_ms }) => stage === 'online' && fsync_delay_ms === 0)
  const goals = [
    atMost('paid-to-online-p50-ms', online?.p50_ms ?? Number.NaN, 50),
    atMost('paid-to-online-p99-ms', online?.p99_ms ?? Number.NaN, 250),
  ]
  printReport({ bench: 'paid-to-online', machine, results: rows, goals }, json)
}

async function oneRound(parts: {
  directory: string
  count: number
  delayMs: number
  slowDisk: boolean
}): Promise<Followed[]> {
  const { directory, count, delayMs, slowDisk } = parts
  let tap: RadiusTap | undefined
  const site = await openSite({
    directory,
    late: false,
    slowDisk,
    async radiusVia(authPort) {
      tap = await openRadiusTap(authPort)
      return tap.port
    },
  })
  try {
    if (!tap) throw new Error('the router asks RADIUS without the tap')
    site.setFsyncDelayMs(delayMs)
    await followPayments({ site, tap }, { count: WARM_UP, perSecond: PER_SECOND })
    return await followPayments({ site, tap }, { count, perSecond: PER_SECOND })
  } finally {
    site.setFsyncDelayMs(0)
    await site.close()
    tap?.close()
  }
}
