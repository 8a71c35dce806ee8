import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BenchOptions, readOptions } from './bench-options.ts'
import { describeMachine } from './machine.ts'
import { atMost, note, printReport, printTable } from './report.ts'

export interface Sizes {
  vouchers: number
  routers: number
  usersEach: number
  users: number
  minutes: number
  checks: boolean
}

export interface Result {
  measure: string
  value: number
  unit: string
  /** How much later than the loop of a thread that does nothing, for the goal. */
  loopOverMs?: number
}

type PartName = 'vouchers' | 'comesBack' | 'watched'
export interface PartOrder {
  part: PartName
  sizes: Sizes
  directory: string
}
export interface FromPart {
  results: Result[]
}

const options = readOptions(process.argv.slice(2))
if (options) await run(options)
else process.exitCode = 2

async function run({ quick, json }: BenchOptions): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'mlango-bench-'))
  const machine = describeMachine(directory)
  const sizes: Sizes = quick
    ? { vouchers: 50, routers: 10, usersEach: 50, users: 200, minutes: 0.25, checks: false }
    : { vouchers: 200, routers: 50, usersEach: 200, users: 1_000, minutes: 2, checks: true }
  const results: Result[] = []
  const measure = async (part: PartName) => results.push(...(await measured({ part, sizes, directory })))
  try {
    note(`${sizes.vouchers} vouchers on one local router`)
    await measure('vouchers')
    note(`a router with ${sizes.users} users comes back`)
    await measure('comesBack')
    note(`${sizes.routers} routers watched for ${sizes.minutes} min, then one falls silent`)
    await measure('watched')
  } finally {
    rmSync(directory, { recursive: true })
  }
  printTable(
    ['measure', 'value', 'unit'],
    results.map(({ measure, value, unit }) => [measure, value, unit]),
  )
  const figure = (measure: string) => results.find((result) => result.measure === measure)?.value ?? Number.NaN
  const loopOverMs = results.flatMap((result) => result.loopOverMs ?? [])
  const goals = [
    atMost('silent-router-reported-down-s', figure('silent router reported down'), 15),
    // Checks come by the minute, too seldom for a quick run.
    ...(quick ? [] : [atMost('others-checks-delayed-percent', figure("others' checks delayed by it"), 10)]),
    atMost('prints-without-proplist', figure('prints without .proplist'), 0),
    atMost('event-loop-p99-over-idle-thread-ms', Math.max(...loopOverMs), 5),
  ]
  printReport({ bench: 'routers', machine, results, goals }, json)
}

async function measured(order: PartOrder): Promise<Result[]> {
  const child = fork(new URL('./router-part.js', import.meta.url), { execArgv: ['--enable-source-maps'] })
  const ended = once(child, 'exit')
  let results: Result[] | undefined
  child.on('message', (message: FromPart) => {
    results = message.results
  })
  child.send(order)
  const [code] = await ended
  if (code !== 0 || !results) throw new Error(`${order.part} ended with ${code}`)
  return results
}
