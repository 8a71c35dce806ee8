import { type CommandContext, command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { addTime, takeTime } from './add-time.ts'
import { endGrant } from './end-grant.ts'
import { partOf, setReturned, setWithdrawn, standingParts } from './grant-parts.ts'
import { causeOf, type GrantRow, type GrantSource, grantById } from './grant-table.ts'
import { pauseIfOffline } from './offline-pause.ts'
import { isOver } from './over-since.ts'
import { leftOf } from './time-left.ts'
import { wasAnybodyOnline } from './who-is-online.ts'

interface Cause {
  source: GrantSource
  sourceId: string
}

/** What a payment gave is taken back: its time and data, and the access when nothing else stands behind it. What was used of it is owed. */
export const withdrawGrant = command('grants.withdraw', (context, { source, sourceId }: Cause) => {
  const { db, journal, nowMs } = context
  const part = partOf(db, source, sourceId)
  const grant = part && grantById(db, part.grantId)
  if (!part || !grant || part.withdrawnAtMs !== null) return
  if (isOver(context, grant)) endGrant(context, grant, 'time-used')
  setWithdrawn(db, part, nowMs)
  addData(context, grant.id, -(part.bytes ?? 0))
  takeTime(context, grantById(db, grant.id) as GrantRow, part.seconds * 1000)
  const after = grantById(db, grant.id) as GrantRow
  const left = leftOf(db, after, nowMs)
  if (standingParts(db, grant.id) === 0) endGrant(context, after, 'revoked')
  else if (left.seconds === 0) endGrant(context, after, 'time-used')
  else if (left.bytes === 0) endGrant(context, after, 'data-used')
  else journal.record('access.extended', { ...causeOf(grant), expiresAtMs: after.expiresAtMs })
})

/**
 * What was withdrawn stands after all, with all that was left of it then, and as long to use it. Access that the staff revoked stays
 * over.
 */
export const restoreGrant = command('grants.restore', (context, { source, sourceId }: Cause) => {
  const { db, journal, nowMs } = context
  const part = partOf(db, source, sourceId)
  const before = part && grantById(db, part.grantId)
  if (!part || !before || part.withdrawnAtMs === null) return
  setReturned(db, part.withdrawnAtMs, part, nowMs)
  addData(context, before.id, part.bytes ?? 0)
  const grant = grantById(db, before.id) as GrantRow
  if (grant.revokedByHand === 1) return
  const { expiresAtMs } = addTime(context, grant, part.seconds * 1000, { keepsWindow: true })
  if (expiresAtMs === undefined) {
    // Something stands behind it again, and that is used up.
    sql(db, "UPDATE grants SET end_reason = 'time-used' WHERE id = ? AND end_reason = 'revoked'").run(grant.id)
    return
  }
  journal.record('access.extended', { source, sourceId, grantId: grant.id, expiresAtMs })
  // Its sessions ended when it was over.
  if (wasAnybodyOnline(db, grant.id)) pauseIfOffline(context, grant.id, nowMs)
})

function addData({ db }: CommandContext, grantId: string, bytes: number): void {
  sql(db, 'UPDATE grants SET data_limit_bytes = max(0, data_limit_bytes + ?) WHERE id = ?').run(bytes, grantId)
}

export const withdrawCommands = [withdrawGrant, restoreGrant]
