import { command } from '../../flow/command.ts'
import { type Db, sql } from '../../store/database.ts'
import { routerById } from '../router-table.ts'
import type { Advice } from './router-advice.ts'
import type { RouterFindings } from './router-probe.ts'

/** Getting to know one router. */
export interface ProbeRow {
  routerId: number
  state: 'looking' | 'found' | 'given-up'
  /** Why it has not been found (yet). */
  reason: string | null
  findings: RouterFindings | null
  advice: Advice[]
  startedAtMs: number
  endedAtMs: number | null
}

export function probeOf(db: Db, routerId: number): ProbeRow | undefined {
  const row = sql(
    db,
    `SELECT router_id AS routerId, state, reason, findings, advice, started_at_ms AS startedAtMs, ended_at_ms AS endedAtMs
     FROM router_probes WHERE router_id = ?`,
  ).get(routerId) as (Omit<ProbeRow, 'findings' | 'advice'> & { findings: string | null; advice: string }) | undefined
  return (
    row && { ...row, findings: row.findings === null ? null : JSON.parse(row.findings), advice: JSON.parse(row.advice) }
  )
}

/** Starts anew, also when one is under way: somebody has done something at the router. Undefined: there is no such router. */
export const beginProbe = command(
  'routers.begin-probe',
  ({ db, queue, nowMs }, { routerId }: { routerId: number }): { jobId: number } | undefined => {
    if (!routerById(db, routerId)) return undefined
    sql(
      db,
      `INSERT INTO router_probes (router_id, state, started_at_ms) VALUES (?, 'looking', ?)
       ON CONFLICT (router_id) DO UPDATE SET state = 'looking', reason = NULL, started_at_ms = excluded.started_at_ms, ended_at_ms = NULL`,
    ).run(routerId, nowMs)
    return { jobId: queue.enqueue({ name: 'probe-router', payload: { routerId, startedAtMs: nowMs } }) }
  },
)

/** It has come back or started anew: whatever had to be done at it may have been done. */
export const probeAgain = command('routers.probe-again', (context, { routerId }: { routerId: number }) => {
  const probe = probeOf(context.db, routerId)
  const isOpen = probe?.state === 'given-up' || (probe?.state === 'found' && probe.advice.length > 0)
  if (isOpen) beginProbe.run(context, { routerId })
})

interface ProbeNews {
  routerId: number
  /** Of the probe that the look belongs to. */
  startedAtMs: number
  state: ProbeRow['state']
  reason: string | null
  findings: RouterFindings | null
  advice: Advice[]
}

/**
 * What came of a look. Findings of an earlier probe stay until there are newer ones. A look that was under way when a newer
 * probe began says nothing: it saw the router before whatever was done to it.
 */
export const noteProbe = command(
  'routers.note-probe',
  ({ db, nowMs }, { routerId, startedAtMs, ...news }: ProbeNews) => {
    if (!routerById(db, routerId) || probeOf(db, routerId)?.startedAtMs !== startedAtMs) return
    const { findings } = news
    sql(
      db,
      `UPDATE router_probes SET state = ?, reason = ?, findings = coalesce(?, findings), advice = ?, ended_at_ms = ? WHERE router_id = ?`,
    ).run(
      news.state,
      news.reason,
      findings && JSON.stringify(findings),
      JSON.stringify(news.advice),
      news.state === 'looking' ? null : nowMs,
      routerId,
    )
    if (!findings) return
    sql(
      db,
      'UPDATE routers SET model = coalesce(?, model), version = coalesce(?, version), serial = coalesce(?, serial) WHERE id = ?',
    ).run(findings.model, findings.version, findings.serial, routerId)
  },
)
