import { type CommandContext, command } from '../flow/command.ts'
import { timesToJudgeBy } from '../flow/time-trust.ts'
import { READABLE, randomCode } from '../random-code.ts'
import { freshUsername } from './access-code.ts'
import { noteAskedFrom } from './asked-from.ts'
import { extendGrant } from './extend-grant.ts'
import { type GrantOrder, logInLater, useBeforeMs } from './grant-order.ts'
import { insertPart } from './grant-parts.ts'
import { extendableGrants, type GrantRow, grantById, grantByUsername, grantOf, insertGrant } from './grant-table.ts'
import { writeTerms } from './network-terms.ts'
import { provisionalOf } from './provisional-table.ts'
import { isLimitedAlike, isSoldAlike } from './sold-alike.ts'
import { takeOver } from './take-over.ts'

export type OpenGrantOutcome =
  | { outcome: 'opened' | 'extended' | 'already-open'; grantId: string }
  | { outcome: 'username-taken' }

/**
 * Opens the right to be online. One cause opens one grant, however often it is asked for; its time starts now. When the same
 * phone buys the same package again for the same device, the grant that runs is extended instead. A grant whose clock stands
 * still is extended only when it gives exactly what is sold now.
 */
export const openGrant = command('grants.open', (context, order: GrantOrder): OpenGrantOutcome => {
  const { db, journal, nowMs } = context
  const known = grantOf(db, order.source, order.sourceId)
  if (known) return { outcome: 'already-open', grantId: known.id }
  if (order.username !== undefined && grantByUsername(db, order.username)) return { outcome: 'username-taken' }
  const running = grantToExtend(context, order)
  const provisional = provisionalGrantFor(db, order)
  if (provisional) return takeOver(context, provisional, order, running)
  if (running) return extendGrant(context, running, order)
  const { source, sourceId, grantId } = order
  const expiresAtMs = nowMs + order.durationSeconds * 1000
  insertGrant(db, {
    id: grantId,
    source,
    sourceId,
    username: order.username ?? freshUsername(db),
    password: order.password ?? randomCode(8, READABLE).toLowerCase(),
    usernameIsCode: order.username === undefined ? 1 : 0,
    packageId: order.packageId,
    packageName: order.packageName,
    dataLimitBytes: order.dataLimitBytes,
    downKbps: order.downKbps,
    upKbps: order.upKbps,
    deviceLimit: order.deviceLimit,
    phoneNumber: order.phoneNumber,
    macAddress: order.macAddress,
    routerId: order.routerId,
    startsAtMs: nowMs,
    expiresAtMs,
    useBeforeMs: useBeforeMs(order, nowMs),
    pausable: order.pausable ? 1 : 0,
    pausesOffline: order.pausesOffline ? 1 : 0,
  })
  if (order.source !== 'operator') noteAskedFrom(context, grantId, order)
  if (order.terms) writeTerms(db, grantId, order.terms)
  insertPart(db, { source, sourceId, grantId, seconds: order.durationSeconds, bytes: order.dataLimitBytes }, nowMs)
  journal.record('access.granted', { source, sourceId, grantId, expiresAtMs, ...logInLater(order, nowMs) })
  return { outcome: 'opened', grantId }
})

/**
 * The grant that this order extends, if any. Only what customers buy for themselves extends one: what an operator gives
 * stands alone. Anybody can claim to be a device, and whoever extends a grant is shown its credentials; so the same phone
 * must pay, or the network must vouch for the device of a voucher.
 */
function grantToExtend(context: CommandContext, order: GrantOrder): GrantRow | undefined {
  const { db, nowMs } = context
  const { source, macAddress, packageId } = order
  if (macAddress === null || order.username !== undefined || source === 'operator') return undefined
  const phoneNumber = order.phoneNumber ?? undefined
  if (phoneNumber === undefined && !(source === 'voucher' && order.deviceIsKnown)) return undefined
  // Only what began since then is measured by the same clock as now.
  const { begunMs } = timesToJudgeBy(context)
  const grants = extendableGrants(db, { macAddress, packageId, phoneNumber, begunMs, nowMs })
  const alike = grants.find((grant) => isSoldAlike(db, grant, order))
  // What was sold otherwise and stands still waits as it is. The time of what runs would be lost beside another.
  return alike ?? grants.find((grant) => grant.pausedAtMs === null && isLimitedAlike(grant, order))
}

/** What its buyer was let online with before the money came. */
function provisionalGrantFor(db: CommandContext['db'], { source, sourceId }: GrantOrder): GrantRow | undefined {
  const provisional = source === 'payment' ? provisionalOf(db, sourceId) : undefined
  return provisional && grantById(db, provisional.grantId)
}
