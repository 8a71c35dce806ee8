import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { JobCatalogue } from '../../src/flow/job-definition.ts'
import { kindsOf } from '../../src/flow/job-kinds.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { Queue } from '../../src/flow/queue.ts'
import { openLog } from '../../src/log.ts'
import { openWriter } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { percentile } from './percentile.ts'
import { noopJob, TURNS, WORKERS } from './queue-noop-jobs.ts'

export interface Growth {
  jobs: number
  /** Of one commit that claims seven jobs and a local one, ms; without its sync, which costs the same however many jobs there are. */
  claimP50Ms: number
  /** The same with the ends of those that were claimed before, and as many new ones. */
  cycleP50Ms: number
}

const CYCLES = 300
const WARM_UP = 50

const job = noopJob(() => {})
/** As in the daemon's catalogue there are kinds for which the claim has a question of its own: local ones, and such as run alone. */
const KINDS: JobCatalogue = {
  'hotspot-provisioning': { open: job },
  payments: { pay: job, settle: { ...job, local: true } },
  maintenance: { tidy: job, sweep: { ...job, alone: true } },
}

/** How long claims take in a table of so many jobs, while one runs that runs alone, and with a local one in each. */
export function measureGrowth(directory: string, jobs: number): Growth {
  const own = mkdtempSync(join(directory, 'growth-'))
  const db = openWriter(join(own, 'mlango.db'))
  migrate(db)
  db.pragma('synchronous = OFF')
  const queue = new Queue({
    db,
    kinds: kindsOf(KINDS),
    boot: 1,
    nowMs: () => Date.now(),
    failed() {},
    log: openLog('silent', {}, { write() {} }),
  })
  let made = 0
  const enqueueKind = (name: string) => queue.enqueue({ name, payload: { n: ++made } })
  // One worker more for the one that runs all the time.
  const workers = { ...WORKERS, general: WORKERS.general + 1 }
  enqueueKind('sweep')
  queue.claim(workers)
  while (made < jobs)
    db.transaction(() =>
      Array.from({ length: Math.min(5_000, jobs - made) }, () => enqueueKind(TURNS[made % TURNS.length] ?? 'open')),
    )()

  const claims: number[] = []
  const cycles: number[] = []
  enqueueKind('settle')
  let running = db.transaction(() => queue.claim(workers))()
  for (let cycle = 0; cycle < CYCLES + WARM_UP; cycle += 1) {
    const startMs = performance.now()
    db.transaction(() => {
      for (const job of running) queue.runs.finish(queue.runs.assertOurs(job), done(), 0)
      for (const { name } of running) enqueueKind(name)
    })()
    const claimMs = performance.now()
    running = db.transaction(() => queue.claim(workers))()
    const endMs = performance.now()
    if (cycle < WARM_UP) continue
    claims.push(endMs - claimMs)
    cycles.push(endMs - startMs)
  }
  db.close()
  rmSync(own, { recursive: true })
  return { jobs, claimP50Ms: percentile(claims, 50), cycleP50Ms: percentile(cycles, 50) }
}
