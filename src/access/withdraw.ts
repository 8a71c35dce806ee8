import { type CommandContext, command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { type GrantPart, partOf, setWithdrawn, standingParts } from './grant-parts.ts'
import { type GrantRow, type GrantSource, grantById, withinWindow } from './grant-table.ts'
import { causeOf, endGrant } from './grants.ts'

interface Cause {
  source: GrantSource
  sourceId: string
}

/** What a payment gave is taken back: its time and data, and the access when nothing else stands behind it. */
export const withdrawGrant = command('grants.withdraw', (context, { source, sourceId }: Cause) => {
  const { db, nowMs } = context
  const part = partOf(db, source, sourceId)
  const grant = part && grantById(db, part.grantId)
  if (!part || !grant || part.withdrawnAtMs !== null) return
  setWithdrawn(db, part, nowMs)
  if (standingParts(db, grant.id) === 0) endGrant(context, grant, 'revoked')
  else if (grant.endedAtMs === null) change(context, grant, part, -1)
})

/** It stands after all, with all the time that was left when it was withdrawn, and as long to use it. */
export const restoreGrant = command('grants.restore', (context, { source, sourceId }: Cause) => {
  const { db, nowMs } = context
  const part = partOf(db, source, sourceId)
  const grant = part && grantById(db, part.grantId)
  if (!part || !grant || part.withdrawnAtMs === null) return
  setWithdrawn(db, part, null)
  if (grant.endedAtMs === null) return change(context, grant, part, 1)
  if (grant.endReason !== 'revoked') return
  const awayMs = nowMs - grant.endedAtMs
  const expiresAtMs = grant.expiresAtMs + awayMs
  sql(
    db,
    `UPDATE grants SET ended_at_ms = NULL, end_reason = NULL, expires_at_ms = :expiresAtMs, use_before_ms = use_before_ms + :awayMs
     WHERE id = :grantId`,
  ).run({ grantId: grant.id, expiresAtMs, awayMs })
  context.journal.record('access.extended', { source, sourceId, grantId: grant.id, expiresAtMs })
})

function change({ db, journal }: CommandContext, grant: GrantRow, part: GrantPart, sign: 1 | -1): void {
  const expiresAtMs = Math.max(
    grant.startsAtMs + 1,
    withinWindow(grant, grant.expiresAtMs + sign * part.seconds * 1000),
  )
  const dataLimitBytes =
    grant.dataLimitBytes === null ? null : Math.max(0, grant.dataLimitBytes + sign * (part.bytes ?? 0))
  sql(db, 'UPDATE grants SET expires_at_ms = ?, data_limit_bytes = ? WHERE id = ?').run(
    expiresAtMs,
    dataLimitBytes,
    grant.id,
  )
  const cause = sign === 1 ? { source: part.source, sourceId: part.sourceId, grantId: grant.id } : causeOf(grant)
  journal.record('access.extended', { ...cause, expiresAtMs })
}

export const withdrawCommands = [withdrawGrant, restoreGrant]
