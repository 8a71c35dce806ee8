import { command } from '../../flow/command.ts'
import { type Db, sql } from '../../store/database.ts'
import { routerById } from '../router-table.ts'
import { besideBuilt, type WantedServices } from './wanted.ts'
import { isKept, noteOrderDone, noteSecretsWritten, type OrderedBy, putOrder, wishesOf } from './wishes.ts'

export type Why = OrderedBy | 'reconnected' | 'rebooted' | 'daily'

/** What was done last to make one router be as wanted. */
export interface ProvisioningRow {
  routerId: number
  why: Why
  dryRun: 0 | 1
  state: 'running' | 'completed' | 'failed' | 'cancelled'
  stage: string
  percent: number
  message: string
  /** What was different, in words; of a dry run, what would be done. */
  steps: string[]
  startedAtMs: number
  endedAtMs: number | null
}

/** Whose job was cancelled is at it no more, though nobody has said so. */
const STATE = `CASE WHEN state = 'running' AND NOT EXISTS (SELECT 1 FROM jobs WHERE id = job_id) THEN 'cancelled' ELSE state END`

export function provisioningOf(db: Db, routerId: number): ProvisioningRow | undefined {
  const row = sql(
    db,
    `SELECT router_id AS routerId, why, dry_run AS dryRun, ${STATE} AS state, stage, percent, message, steps, started_at_ms AS startedAtMs,
       ended_at_ms AS endedAtMs FROM provisionings WHERE router_id = ?`,
  ).get(routerId) as (Omit<ProvisioningRow, 'steps'> & { steps: string }) | undefined
  return row && { ...row, steps: JSON.parse(row.steps) }
}

interface BeginProvisioning {
  routerId: number
  why: Why
  dryRun?: boolean
  /** What is to be kept from now on; left out, it stays what it was. */
  wanted?: WantedServices
  /** What we were to build before is given up where `wanted` does not say it. */
  only?: boolean
  /** Write the secrets anew: they were changed here. */
  secrets?: boolean
}

/**
 * Orders the job. One that nobody asked for is made only for a router that is kept as wanted. What was asked for stays due
 * until it is done, whatever becomes of the job. Undefined: nothing to do.
 */
export const beginProvisioning = command(
  'routers.begin-provisioning',
  ({ db, queue }, { routerId, why, dryRun = false, only = false, secrets = false, ...asked }: BeginProvisioning) => {
    const router = routerById(db, routerId)
    if (!router) return undefined
    const wanted = asked.wanted && (only ? asked.wanted : besideBuilt(asked.wanted, wishesOf(db, routerId).wanted))
    const order = (payload: object) => ({ jobId: queue.enqueue({ name: 'provision-router', payload }) })
    if (dryRun) return order({ routerId, why, dryRun, ...(wanted && { wanted }) })
    if (why === 'asked' || why === 'adopted') {
      return order({ routerId, why, orderNumber: putOrder(db, routerId, { by: why, wanted, secrets }) })
    }
    if (!isKept(wishesOf(db, routerId)) && router.accessMode !== 'local') return undefined
    return order({ routerId, why })
  },
)

interface ProvisioningProgress {
  jobId: number
  routerId: number
  why: Why
  dryRun: boolean
  stage: string
  percent: number
  message: string
}

/** The first of a run starts it anew. Only what changes something is told to everybody. */
export const noteProvisioningProgress = command(
  'routers.note-provisioning-progress',
  ({ db, journal, nowMs }, { dryRun, why, jobId, ...progress }: ProvisioningProgress) => {
    if (!routerById(db, progress.routerId)) return
    sql(
      db,
      `INSERT INTO provisionings (router_id, job_id, why, dry_run, state, stage, percent, message, started_at_ms)
       VALUES (:routerId, :jobId, :why, :dryRun, 'running', :stage, :percent, :message, :nowMs)
       ON CONFLICT (router_id) DO UPDATE SET job_id = excluded.job_id, why = excluded.why, dry_run = excluded.dry_run, state = 'running', stage = excluded.stage,
         percent = excluded.percent, message = excluded.message, steps = '[]', ended_at_ms = NULL,
         started_at_ms = CASE WHEN ended_at_ms IS NULL THEN started_at_ms ELSE excluded.started_at_ms END`,
    ).run({ ...progress, jobId, why, dryRun: dryRun ? 1 : 0, nowMs })
    if (!dryRun) journal.record('router.provisioning_progress', progress)
  },
)

interface ProvisioningEnd {
  routerId: number
  why: Why
  dryRun: boolean
  /** Undefined: it is as wanted. */
  failure: { stage: string; message: string } | undefined
  message: string
  changes: string[]
  /** The newest order when the run began. */
  orderNumber: number
  secretsWritten: boolean
}

/** It is as wanted, or why not. What a person did not ask for, and was different, was drift. */
export const noteProvisioningEnd = command(
  'routers.note-provisioning-end',
  ({ db, journal, nowMs }, { routerId, why, dryRun, failure, message, changes, ...run }: ProvisioningEnd) => {
    const router = routerById(db, routerId)
    if (!router) return
    sql(
      db,
      `INSERT INTO provisionings (router_id, why, dry_run, state, stage, percent, message, steps, started_at_ms, ended_at_ms)
       VALUES (:routerId, :why, :dryRun, :state, :stage, :percent, :message, :steps, :nowMs, :nowMs)
       ON CONFLICT (router_id) DO UPDATE SET why = excluded.why, dry_run = excluded.dry_run, state = excluded.state, stage = excluded.stage,
         percent = CASE WHEN excluded.state = 'completed' THEN 100 ELSE percent END, message = excluded.message, steps = excluded.steps,
         started_at_ms = CASE WHEN ended_at_ms IS NULL THEN started_at_ms ELSE excluded.started_at_ms END,
         ended_at_ms = excluded.ended_at_ms`,
    ).run({
      routerId,
      why,
      dryRun: dryRun ? 1 : 0,
      state: failure ? 'failed' : 'completed',
      stage: failure?.stage ?? 'completed',
      percent: failure ? 0 : 100,
      message: failure?.message ?? message,
      steps: JSON.stringify(changes),
      nowMs,
    })
    if (dryRun) return
    if (run.secretsWritten) noteSecretsWritten(db, routerId, run.orderNumber)
    if (failure) {
      sql(db, `UPDATE routers SET status = 'failed' WHERE id = ?`).run(routerId)
      journal.record('router.provisioning_failed', { routerId, ...failure })
      return
    }
    const isAsked = why === 'asked' || why === 'adopted'
    if (isAsked) noteOrderDone(db, routerId, run.orderNumber, nowMs)
    // One that only holds users was never set up by us.
    if (wishesOf(db, routerId).provisionedAtMs !== null) {
      sql(db, `UPDATE routers SET status = 'adopted' WHERE id = ?`).run(routerId)
    }
    if (isAsked) {
      journal.record('router.provisioning_progress', { routerId, stage: 'completed', percent: 100, message })
    } else if (changes.length > 0) {
      journal.record('router.drift_repaired', { routerId, why, changes })
    }
  },
)

/** The job that was at it has failed for good, and could not say so itself: it took too long, or broke. */
export const noteProvisioningBroken = command(
  'routers.note-provisioning-broken',
  (context, { jobId, reason }: { jobId: number; reason: string }) => {
    const row = sql(
      context.db,
      `SELECT router_id AS routerId, why, dry_run AS dryRun, stage FROM provisionings WHERE job_id = ? AND state = 'running'`,
    ).get(jobId) as Pick<ProvisioningRow, 'routerId' | 'why' | 'dryRun' | 'stage'> | undefined
    if (!row) return
    const { routerId, why, stage } = row
    // A bug's reason is its stack.
    const [message = ''] = reason.split('\n')
    const { orderNumber } = wishesOf(context.db, routerId)
    const end = { failure: { stage, message }, message, changes: [], orderNumber, secretsWritten: false }
    noteProvisioningEnd.run(context, { routerId, why, dryRun: row.dryRun === 1, ...end })
  },
)

export const provisionCommands = [
  beginProvisioning,
  noteProvisioningProgress,
  noteProvisioningEnd,
  noteProvisioningBroken,
]
