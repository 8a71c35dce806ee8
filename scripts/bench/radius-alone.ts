import { type ChildProcess, fork } from 'node:child_process'
import { rmSync } from 'node:fs'
import { median } from './percentile.ts'
import { measureBesideCallbacks } from './radius-callbacks.ts'
import type { LoadOrder } from './radius-load.ts'
import { measure, type Sizes, withSubject } from './radius-measure.ts'
import { startMlango } from './radius-mlango.ts'
import type { RadiusSubject } from './radius-subject.ts'
import { note, rounded } from './report.ts'
import { openSlowDisk } from './slow-disk.ts'

/** After one that warms them. */
const TURNS = 6

export interface Alone {
  server: 'mlango alone'
  burst_resent: number
  burst_lost: number
  steady_p99_ms: number
  many_users_cost: number
  quiet_p99_ms: number
  /** While a thousand accounting packets a second are stored on a fast disk, and on one that takes 100 ms for each sync. */
  busy_p99_ms: number | undefined
  slow_fsync_p99_ms: number | undefined
  /** At 200 logins a second, while M-PESA reports a thousand payments at once; and just before. */
  callbacks_p99_ms: number
  before_callbacks_p99_ms: number
  callbacks_resent: number
}

/** What only we are asked for. */
export async function measureAlone(
  load: ChildProcess,
  directory: string,
  sizes: Sizes,
  canSlow: boolean,
): Promise<Alone> {
  note('burst, latency, many users')
  const { users, logins, steadySeconds } = sizes
  const few = await withSubject(
    directory,
    (folder) => startMlango(folder, users),
    async (subject) => {
      const order = { users, port: subject.authPort, kind: 'pap' as const }
      await measure(load, subject, { ...order, count: logins, pace: { window: 64 } })
      const burst = await measure(load, subject, { ...order, count: sizes.burst, pace: 'burst' })
      const steady = await measure(load, subject, {
        ...order,
        count: 1_000 * steadySeconds,
        pace: { perSecond: 1_000 },
      })
      return { burst, steady }
    },
  )
  const manyUsersCost = await costOfUsers(load, directory, sizes)
  const callbacks = await measureBesideCallbacks(load, directory, sizes)
  const slow = canSlow ? await slowDisk(load, directory, sizes) : undefined
  return {
    server: 'mlango alone',
    burst_resent: few.burst.resent,
    burst_lost: few.burst.lost,
    steady_p99_ms: rounded(few.steady.p99Ms),
    many_users_cost: rounded(manyUsersCost),
    quiet_p99_ms: rounded(slow?.quietMs ?? few.steady.p99Ms),
    busy_p99_ms: slow && rounded(slow.busyMs),
    slow_fsync_p99_ms: slow && rounded(slow.slowMs),
    callbacks_p99_ms: rounded(callbacks.callbacksP99Ms),
    before_callbacks_p99_ms: rounded(callbacks.quietP99Ms),
    callbacks_resent: callbacks.resent + callbacks.lost,
  }
}

/** Processor time of a login with many users over that with few: both servers warm, asked in turns, the median of each. */
function costOfUsers(load: ChildProcess, directory: string, { users, manyUsers, logins }: Sizes): Promise<number> {
  return withSubject(
    directory,
    (folder) => startMlango(folder, users),
    (few) =>
      withSubject(
        directory,
        (folder) => startMlango(folder, manyUsers),
        async (many) => {
          const costOf = async (subject: RadiusSubject, ofUsers: number) => {
            const order = { users: ofUsers, port: subject.authPort, kind: 'pap' as const, count: logins }
            const { cpuSeconds, answered } = await measure(load, subject, { ...order, pace: { window: 64 } })
            return cpuSeconds / answered
          }
          const turns: [number, number][] = []
          for (let turn = 0; turn <= TURNS; turn += 1)
            turns.push([await costOf(few, users), await costOf(many, manyUsers)])
          const warm = turns.slice(1)
          return median(warm.map(([, cost]) => cost)) / median(warm.map(([cost]) => cost))
        },
      ),
  )
}

/** Logins at 200/s: at peace, beside a thousand accounting packets a second, and beside as many on a disk that takes 100 ms for each sync. */
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
        const writes: LoadOrder = {
          users,
          port: subject.acctPort,
          kind: 'accounting',
          count: 1_000 * steadySeconds,
          pace: { perSecond: 1_000 },
        }
        const besideWrites = async (firstSession: number) => {
          const [asked] = await Promise.all([
            measure(load, subject, logins),
            measure(second, subject, { ...writes, firstSession }),
          ])
          return asked.p99Ms
        }
        const quiet = await measure(load, subject, logins)
        const busyMs = await besideWrites(0)
        disk.setDelayMs(100)
        const slowMs = await besideWrites(writes.count)
        disk.setDelayMs(0)
        return { quietMs: quiet.p99Ms, busyMs, slowMs }
      },
    )
  } finally {
    second.kill()
    rmSync(`${directory}-delay-ms`, { force: true })
  }
}
