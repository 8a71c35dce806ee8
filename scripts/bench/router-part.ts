import { mkdtempSync } from 'node:fs'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import type { RouterSimulator } from '../../src/simulators/router/simulated-router.ts'
import { type LoopDelay, withWorstEventLoopP99 } from './event-loop.ts'
import { type IdleThread, openIdleThread } from './idle-thread.ts'
import { median, percentile } from './percentile.ts'
import { rounded } from './report.ts'
import { type Fleet, macAddress, openFleet } from './router-fleet.ts'
import type { FromPart, PartOrder, Result, Sizes } from './routers.ts'

const MINUTE_MS = 60_000
/** Where all are checked within milliseconds, a few more are no delay: it is counted in parts of at least a second. */
const LEAST_LOOK_MS = 1_000
/** At a site phones and routers have processors of their own. */
const BEHIND_THE_DAEMON = 10

/** One part of the benchmark, as a process of its own: only root takes back that it has stepped behind the daemon. */
process.once('message', async ({ part, sizes, directory }: PartOrder) => {
  const idle = await openIdleThread()
  const fleet = await openFleet(mkdtempSync(join(directory, 'data-')))
  setPriority(BEHIND_THE_DAEMON)
  try {
    const results = await parts[part](fleet, sizes, idle)
    process.send?.({ results } satisfies FromPart)
  } finally {
    await fleet.close()
    await idle.close()
    process.disconnect()
  }
})

const parts = { vouchers, comesBack, watched }

const loopResults = (when: string, { p99Ms, idleP99Ms, overMs }: LoopDelay): Result[] => [
  { measure: `event loop p99, worst, ${when}`, value: p99Ms, unit: 'ms' },
  { measure: 'the same of a thread that does nothing', value: idleP99Ms, unit: 'ms' },
  { measure: `event loop p99 over that, worst, ${when}`, value: overMs, unit: 'ms', loopOverMs: overMs },
]

/** From the voucher's redemption to the phone being online, the user written to the router. */
async function vouchers(fleet: Fleet, { vouchers: count }: Sizes, idle: IdleThread): Promise<Result[]> {
  const { simulator } = await fleet.addRouter('local')
  const batch = await fleet.call('POST', '/api/vouchers', { package_id: fleet.packageId, count })
  const codes = batch.codes as string[]
  for (const number of codes.keys()) simulator.join(macAddress(number + 1))
  const redeem = async (code: string, number: number) => {
    const mac = macAddress(number + 1)
    const redeemedMs = performance.now()
    await fleet.call('POST', '/api/vouchers/redeem', { code, mac_address: mac }, `10.5.50.${number + 2}`)
    await simulator.whenOnline(mac, 2 * MINUTE_MS)
    return performance.now() - redeemedMs
  }
  const { done, loop } = await withWorstEventLoopP99(fleet, idle, async () => {
    const startedMs = performance.now()
    const eachMs = await Promise.all(codes.map(redeem))
    return { eachMs, allMs: performance.now() - startedMs }
  })
  const { eachMs, allMs } = done
  return [
    { measure: `${count} vouchers at once, all online`, value: allMs / 1000, unit: 's' },
    { measure: 'a voucher, redeemed to online, p50', value: percentile(eachMs, 50), unit: 'ms' },
    { measure: 'a voucher, redeemed to online, p99', value: percentile(eachMs, 99), unit: 'ms' },
    { measure: 'connections to that router', value: simulator.connections(), unit: '' },
    ...loopResults('meanwhile', loop),
  ]
}

/** It was away while all of them were sold. */
async function comesBack(fleet: Fleet, { users: count }: Sizes, idle: IdleThread): Promise<Result[]> {
  const { routerId, simulator } = await fleet.addRouter('local')
  await fleet.until(() => isOnline(fleet, routerId), 30_000)
  const { done, loop } = await withWorstEventLoopP99(fleet, idle, async () => {
    simulator.faults.apiDown = true
    for (let number = 0; number < count; number += 20) {
      const order = { package_id: fleet.packageId, reason: 'benchmark' }
      await Promise.all(Array.from({ length: 20 }, () => fleet.call('POST', '/api/grants', order)))
    }
    await fleet.until(() => !isOnline(fleet, routerId), 90_000)
    simulator.faults.apiDown = false
    const [foundMs, convergedMs] = await Promise.all([
      fleet.until(() => isOnline(fleet, routerId), 2 * MINUTE_MS),
      fleet.until(() => simulator.userCount() >= count, 2 * MINUTE_MS),
    ])
    return { foundMs, convergedMs }
  })
  const { foundMs, convergedMs } = done
  return [
    { measure: 'router back until found', value: foundMs / 1000, unit: 's' },
    { measure: `router back until converged, ${count} users`, value: convergedMs / 1000, unit: 's' },
    ...loopResults('from the first sale on', loop),
  ]
}

async function watched(fleet: Fleet, sizes: Sizes, idle: IdleThread): Promise<Result[]> {
  const { routers, usersEach, minutes, checks } = sizes
  const all: { routerId: number; simulator: RouterSimulator }[] = []
  for (let number = 0; number < routers; number += 1) all.push(await fleet.addRouter('radius'))
  for (const { simulator } of all) await simulator.fill(usersEach)
  await fleet.until(() => all.every(({ routerId }) => isOnline(fleet, routerId)), 90_000)

  const [silent, ...others] = all
  if (!silent) throw new Error('no routers')
  const { done, loop } = await withWorstEventLoopP99(fleet, idle, async () => {
    const cpuBefore = fleet.daemon.cpuMs() / 1000
    const startedMs = performance.now()
    await new Promise((resolve) => setTimeout(resolve, minutes * MINUTE_MS))
    const cpu = (fleet.daemon.cpuMs() / 1000 - cpuBefore) / ((performance.now() - startedMs) / 1000)
    const { resident } = fleet.daemon.memoryMb()

    const beforeMs = checks ? await checkTookMs(fleet, others) : undefined
    const silentMs = performance.now()
    silent.simulator.faults.apiSilent = true
    await fleet.until(() => !isOnline(fleet, silent.routerId), 30_000)
    const downMs = performance.now() - silentMs
    const afterMs = checks ? await checkTookMs(fleet, others) : undefined
    return { cpu, resident, beforeMs, downMs, afterMs }
  })
  const { cpu, resident, beforeMs, downMs, afterMs } = done
  const prints = all.flatMap(({ simulator }) => simulator.commands.filter(([path]) => path?.endsWith('/print')))
  const bare = prints.filter((words) => !words.some((word) => /^=(\.proplist|count-only)=/.test(word)))
  const most = Math.max(...all.map(({ simulator }) => simulator.connections()))
  return [
    { measure: `processor, ${routers} routers of ${usersEach} users`, value: rounded(cpu * 100), unit: '% of a core' },
    { measure: 'resident memory', value: resident, unit: 'MB' },
    { measure: 'connections to one router, most', value: most, unit: '' },
    { measure: 'prints', value: prints.length, unit: '' },
    { measure: 'prints without .proplist', value: bare.length, unit: '' },
    ...loopResults('watched and one silent', loop),
    { measure: 'silent router reported down', value: downMs / 1000, unit: 's' },
    ...(beforeMs === undefined || afterMs === undefined ? [] : checkResults(beforeMs, afterMs)),
  ]
}

function delayPercent(beforeMs: number, afterMs: number): number {
  return (Math.max(0, afterMs - beforeMs) / Math.max(beforeMs, LEAST_LOOK_MS)) * 100
}

function checkResults(beforeMs: number, afterMs: number): Result[] {
  return [
    { measure: 'the others are checked within', value: beforeMs, unit: 'ms' },
    { measure: "others' checks delayed by it", value: delayPercent(beforeMs, afterMs), unit: '%' },
  ]
}

/** From the first of these routers being checked, in the next full minute, until half of them are. */
async function checkTookMs(fleet: Fleet, routers: readonly { routerId: number }[]): Promise<number> {
  const ids = routers.map(({ routerId }) => routerId)
  const read = fleet.db
    .prepare(`SELECT checked_at_ms FROM router_reach WHERE router_id IN (${ids.map(() => '?').join(',')})`)
    .pluck()
  const nextMinuteMs = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS
  await fleet.until(() => (read.all(...ids) as number[]).every((atMs) => atMs >= nextMinuteMs), 2 * MINUTE_MS)
  const checkedAtMs = read.all(...ids) as number[]
  return median(checkedAtMs) - Math.min(...checkedAtMs)
}

function isOnline({ db }: Fleet, routerId: number): boolean {
  return db.prepare('SELECT online FROM router_reach WHERE router_id = ?').pluck().get(routerId) === 1
}
