import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchOptions, readOptions } from './bench-options.ts'
import { describeMachine } from './machine.ts'
import { type HardlyAsked, hardlyAsked, type Rush, rush } from './payment-rush.ts'
import { median } from './percentile.ts'
import { atMost, type Goal, note, printReport, printTable, rounded, say } from './report.ts'
import { openSite } from './site.ts'
import { answerMs, callsOf, reportMs } from './year-calls.ts'
import { makeYear, REPORTED_DAYS_AGO } from './year-of-payments.ts'

/** M-PESA's five questions a minute, for as few customers as that lets a run end soon; and ten times as many for many. */
const FIVE_A_MINUTE = { count: 30, overMs: 30_000, queryIntervalMs: 12_000 }
const FASTER_MS = 1_200
/** The same five a minute for a thousand, which takes an hour: 300 questions. */
const HOUR = { ...FIVE_A_MINUTE, count: 1_000, overMs: 120_000 }
const HOUR_QUICK = { ...HOUR, count: 20, overMs: 2_400 }

/** The workers of the pool `payments`: M-PESA takes a flood of pushes for an attack. */
const PUSHES_AT_ONCE = 2

/** Of each call in each round. */
const ANSWERS = 200

const RUSH_FIGURES: Record<keyof Rush, string> = {
  lastGrantMs: 'last grant stands, ms',
  lastOnlineMs: 'last phone online, ms',
  lastSmsMs: 'last SMS out, ms',
  paidToOnlineP50Ms: 'paid to online p50, ms',
  paidToOnlineP99Ms: 'paid to online p99, ms',
  perSecond: 'customers online a second',
  pushesPerSecond: 'pushes a second',
  pushesAtOnce: 'pushes under way at once, at most',
  cpuMsPerPayment: 'processor of the daemon per payment, ms',
  databaseBytesPerPayment: 'database per payment, bytes',
}

const options = readOptions(process.argv.slice(2), ['--hour'])
if (!options) process.exitCode = 2
else {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-bench-'))
  try {
    await (options.own.has('--hour') ? runHour(directory, options) : run(directory, options))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Only the thousand at five questions a minute. */
async function runHour(directory: string, { quick, json }: BenchOptions): Promise<void> {
  const machine = describeMachine(directory)
  const asked = [await askHardly(directory, quick ? HOUR_QUICK : HOUR)]
  asked.forEach(reportAsked)
  printReport({ bench: 'payments', machine, results: asked, goals: asked.map(newestFirst) }, json)
}

async function run(directory: string, { quick, json }: BenchOptions): Promise<void> {
  const machine = describeMachine(directory)
  const customers = quick ? 100 : 1_000
  const rounds = quick ? 1 : 3
  const rushes: Rush[] = []
  for (let round = 1; round <= rounds; round += 1) {
    note(`round ${round}: ${customers} customers at once`)
    rushes.push(await atSite(join(directory, `rush-${round}`), {}, (site) => rush(site, customers)))
  }
  const asked: Asked[] = []
  const faster = { count: quick ? 60 : customers, overMs: quick ? 6_000 : 120_000, queryIntervalMs: FASTER_MS }
  for (const limits of quick ? [faster] : [faster, FIVE_A_MINUTE]) {
    asked.push(await askHardly(directory, limits))
  }
  const year = await measureYear(directory, {
    seeds: quick ? 100 : 1_000,
    copies: 500,
    journalRows: quick ? 500_000 : 5_000_000,
    rounds: quick ? 2 : 5,
  })
  report({ customers, rushes, asked, year })
  const goals: Goal[] = [
    atMost('settlement-report-ms', year.reportMs, 2_000),
    // The dashboard adds up what there is; it is for operators.
    ...year.calls
      .filter(({ call }) => call !== 'dashboard')
      .map(({ call, ratio }) => atMost(`${call}-vs-empty-database`, ratio, 1.5)),
    atMost('pushes-at-once', Math.max(...rushes.map(({ pushesAtOnce }) => pushesAtOnce)), PUSHES_AT_ONCE),
    ...asked.map(newestFirst),
  ]
  const results = [...rushes, ...asked, year]
  printReport({ bench: 'payments', machine, results, goals }, json)
}

type Limits = typeof FIVE_A_MINUTE
type Asked = HardlyAsked & Limits

async function askHardly(directory: string, limits: Limits): Promise<Asked> {
  const { count, queryIntervalMs } = limits
  note(`${count} customers, three callbacks in ten lost, a question every ${queryIntervalMs} ms`)
  const at = join(directory, `asked-${queryIntervalMs}`)
  return { ...limits, ...(await atSite(at, { queryIntervalMs }, (site) => hardlyAsked(site, limits))) }
}

function newestFirst({ queryIntervalMs, olderFirst }: Asked): Goal {
  return atMost(`newest-waiting-customer-first-asked-every-${queryIntervalMs}-ms`, olderFirst, 0.1)
}

type SiteOptions = Partial<Parameters<typeof openSite>[0]>

async function atSite<Result>(
  directory: string,
  options: SiteOptions,
  measure: (site: Awaited<ReturnType<typeof openSite>>) => Promise<Result>,
): Promise<Result> {
  const site = await openSite({ directory, late: false, slowDisk: false, ...options })
  try {
    return await measure(site)
  } finally {
    await site.close()
  }
}

interface Year {
  payments: number
  journalRows: number
  databaseBytes: number
  readyMs: number
  reportMs: number
  calls: { call: string; emptyMs: number; yearMs: number; ratio: number }[]
}

/** A year beside a day-old site, asked in turns. */
async function measureYear(
  directory: string,
  { seeds, copies, journalRows, rounds }: { seeds: number; copies: number; journalRows: number; rounds: number },
): Promise<Year> {
  note(`a year: ${seeds * copies} payments, ${journalRows} facts`)
  const own = join(directory, 'year')
  await atSite(own, {}, (site) => rush(site, seeds))
  const databaseFile = join(own, 'data', 'mlango.db')
  makeYear(databaseFile, { copies, journalRows })
  const databaseBytes = statSync(databaseFile).size
  return atSite(join(directory, 'empty'), {}, (empty) =>
    atSite(own, {}, async (year) => {
      const [ofEmpty, ofYear] = [await callsOf(empty), await callsOf(year)]
      const calls = Object.keys(ofEmpty).map((call) => ({ call, empty: [] as number[], year: [] as number[] }))
      // The first calls find cold code.
      for (const { call } of calls) {
        await answerMs(empty, ofEmpty[call] ?? '', ANSWERS)
        await answerMs(year, ofYear[call] ?? '', ANSWERS)
      }
      for (let round = 1; round <= rounds; round += 1) {
        note(`calls, round ${round}`)
        for (const { call, ...times } of calls) {
          times.empty.push(await answerMs(empty, ofEmpty[call] ?? '', ANSWERS))
          times.year.push(await answerMs(year, ofYear[call] ?? '', ANSWERS))
        }
      }
      return {
        payments: seeds * (copies + 1),
        journalRows,
        databaseBytes,
        readyMs: year.daemon.readyMs,
        reportMs: Math.max(...REPORTED_DAYS_AGO.map((daysAgo) => reportMs(year, daysAgo))),
        calls: calls.map((one) => ({
          call: one.call,
          emptyMs: median(one.empty),
          yearMs: median(one.year),
          ratio: median(one.year.map((ms, round) => ms / (one.empty[round] ?? Number.NaN))),
        })),
      }
    }),
  )
}

function report(told: { customers: number; rushes: readonly Rush[]; asked: readonly Asked[]; year: Year }): void {
  const { customers, rushes, asked, year } = told
  say(
    `${customers} customers ask at once and pay at once; each was online once and had one SMS. Medians of ${rushes.length} round(s).\n`,
  )
  printTable(
    ['figure', 'measured'],
    (Object.keys(RUSH_FIGURES) as (keyof Rush)[]).map((figure) => [
      RUSH_FIGURES[figure],
      rounded(median(rushes.map((one) => one[figure]))),
    ]),
  )
  asked.forEach(reportAsked)
  say(
    `A year: ${year.payments} payments, ${year.journalRows} facts, ${rounded(year.databaseBytes / 1024 ** 2)} MB; ready after ${rounded(year.readyMs)} ms; slowest settlement report of four ${rounded(year.reportMs)} ms.\n`,
  )
  printTable(
    ['call', 'empty database, ms', 'year of data, ms', 'x'],
    year.calls.map(({ call, emptyMs, yearMs, ratio }) => [call, rounded(emptyMs), rounded(yearMs), rounded(ratio)]),
  )
}

function reportAsked({ count, overMs, queryIntervalMs, settledMs, olderFirst, ...one }: Asked): void {
  say(
    `\n${count} customers in ${overMs / 1000} s, three callbacks in ten lost, a question every ${queryIntervalMs} ms: every one settled after ${rounded(settledMs / 1000)} s, ${one.asked} questions.`,
  )
  say(
    `Of those who waited, ${rounded(100 * olderFirst)} % were newer than the one who was asked about (0: newest first).\n`,
  )
}
