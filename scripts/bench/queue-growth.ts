import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { kindsOf } from '../../src/flow/job-kinds.ts'
import { done } from '../../src/flow/job-outcome.ts'
import { Queue } from '../../src/flow/queue.ts'
import { openLog } from '../../src/log.ts'
import { openWriter } from '../../src/store/database.ts'
import { migrate } from '../../src/store/migrate.ts'
import { percentile } from './percentile.ts'
import { noopJobs, TURNS, WORKERS } from './queue-noop-jobs.ts'

export interface Growth {
  jobs: number
  /** Of one commit that claims seven jobs, ms; without its sync, which costs the same however many jobs there are. */
  claimP50Ms: number
  /** The same with the ends of the seven that were claimed before, and seven new ones. */
  cycleP50Ms: number
}

const CYCLES = 300
const WARM_UP = 50

/** How long claims take in a table of so many jobs. */
export function measureGrowth(directory: string, jobs: number): Growth {
  const own = mkdtempSync(join(directory, 'growth-'))
  const db = openWriter(join(own, 'mlango.db'))
  migrate(db)
  db.pragma('synchronous = OFF')
  const queue = new Queue({
    db,
    kinds: kindsOf(noopJobs(false, () => {})),
    boot: 1,
    nowMs: () => Date.now(),
    failed() {},
    log: openLog('silent', {}, { write() {} }),
  })
  let made = 0
  const enqueue = () => queue.enqueue({ name: TURNS[made % TURNS.length] ?? 'open', payload: { n: ++made } })
  while (made < jobs) db.transaction(() => Array.from({ length: Math.min(5_000, jobs - made) }, enqueue))()

  const claims: number[] = []
  const cycles: number[] = []
  let running = db.transaction(() => queue.claim(WORKERS))()
  for (let cycle = 0; cycle < CYCLES + WARM_UP; cycle += 1) {
    const startMs = performance.now()
    db.transaction(() => {
      for (const job of running) queue.runs.finish(queue.runs.assertOurs(job), done(), 0)
      for (const _ of running) enqueue()
    })()
    const claimMs = performance.now()
    running = db.transaction(() => queue.claim(WORKERS))()
    const endMs = performance.now()
    if (cycle < WARM_UP) continue
    claims.push(endMs - claimMs)
    cycles.push(endMs - startMs)
  }
  db.close()
  rmSync(own, { recursive: true })
  return { jobs, claimP50Ms: percentile(claims, 50), cycleP50Ms: percentile(cycles, 50) }
}
