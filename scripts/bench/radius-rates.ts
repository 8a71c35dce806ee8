import type { ChildProcess } from 'node:child_process'
import { rmSync } from 'node:fs'
import { median } from './percentile.ts'
import { startFreeRadius } from './radius-freeradius.ts'
import { measure, type Sizes, withSubject } from './radius-measure.ts'
import { startMlango } from './radius-mlango.ts'
import type { RadiusSubject } from './radius-subject.ts'
import { note, rounded } from './report.ts'
import { openSlowDisk } from './slow-disk.ts'

export interface Rates {
  server: string
  pap_per_cpu_second: number
  chap_per_cpu_second: number
  accounting_per_second: number
  accounting_per_cpu_second: number
  /** With 10 ms added to each sync, as on a memory card; undefined for what keeps nothing, or without the slow disk. */
  slow_accounting_per_second: number | undefined
}

type Start = (folder: string, environment?: Record<string, string>) => Promise<RadiusSubject>

/** Every server in every round, so that what disturbs the machine disturbs all of them. */
export async function compare(
  load: ChildProcess,
  directory: string,
  sizes: Sizes,
  { hasFreeRadius, canSlow }: { hasFreeRadius: boolean; canSlow: boolean },
): Promise<Rates[]> {
  const free =
    (kind: 'sql' | 'files'): Start =>
    (folder, environment) =>
      startFreeRadius(kind, folder, sizes.users, environment)
  const mlango: Start = (folder, environment) => startMlango(folder, sizes.users, environment)
  const subjects: { start: Start; keeps: boolean }[] = [
    { start: mlango, keeps: true },
    ...(hasFreeRadius
      ? [
          { start: free('sql'), keeps: true },
          { start: free('files'), keeps: false },
        ]
      : []),
  ]
  const rounds: Rates[][] = []
  for (let round = 1; round <= sizes.rounds; round += 1) {
    note(`round ${round}`)
    const measured: Rates[] = []
    for (const { start, keeps } of subjects) {
      const rates = await withSubject(directory, start, (subject) => ratesOf(load, subject, sizes))
      const slow = keeps && canSlow ? await slowAccounting(load, directory, start, sizes) : undefined
      measured.push({ ...rates, slow_accounting_per_second: slow })
    }
    rounds.push(measured)
  }
  return (rounds[0] ?? []).map(({ server }, place) => {
    const all = (figure: Exclude<keyof Rates, 'server'>) =>
      rounds.map((round) => round[place]?.[figure]).filter((value) => value !== undefined)
    const of = (figure: Exclude<keyof Rates, 'server' | 'slow_accounting_per_second'>) => rounded(median(all(figure)))
    const slow = all('slow_accounting_per_second')
    return {
      server,
      pap_per_cpu_second: of('pap_per_cpu_second'),
      chap_per_cpu_second: of('chap_per_cpu_second'),
      accounting_per_second: of('accounting_per_second'),
      accounting_per_cpu_second: of('accounting_per_cpu_second'),
      slow_accounting_per_second: slow.length === 0 ? undefined : rounded(median(slow)),
    }
  })
}

async function slowAccounting(load: ChildProcess, directory: string, start: Start, sizes: Sizes): Promise<number> {
  const disk = openSlowDisk({ dataDir: directory, controlFile: `${directory}-delay-ms` })
  try {
    return await withSubject(
      directory,
      (folder) => start(folder, disk.environment),
      async (subject) => {
        const order = { users: sizes.users, port: subject.acctPort, kind: 'accounting' as const }
        const pace = { window: 64 }
        // Warm, as above.
        await measure(load, subject, { ...order, count: 600, firstSession: 1_000_000, pace })
        disk.setDelayMs(10)
        const { answered, seconds } = await measure(load, subject, {
          ...order,
          count: Math.min(sizes.accounting, 900),
          pace,
        })
        disk.setDelayMs(0)
        return answered / seconds
      },
    )
  } finally {
    rmSync(`${directory}-delay-ms`, { force: true })
  }
}

async function ratesOf(
  load: ChildProcess,
  subject: RadiusSubject,
  { users, logins, accounting }: Sizes,
): Promise<Omit<Rates, 'slow_accounting_per_second'>> {
  const order = { users, port: subject.authPort, pace: { window: 64 } }
  // Warm: a site's server runs for months, and code that has just started is still being compiled.
  await measure(load, subject, { ...order, kind: 'pap', count: 20_000 })
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
