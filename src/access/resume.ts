import { command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { noteAskedFrom } from './asked-from.ts'
import { type GrantRow, grantById } from './grant-table.ts'
import { continueGrant } from './pause.ts'
import { leftOf } from './time-left.ts'
import { deviceOfTrial } from './trial-device.ts'

export type ResumeOutcome =
  | { outcome: 'resumed'; grant: GrantRow }
  | { outcome: 'unknown' }
  | { outcome: 'ended' }
  | { outcome: 'paused-by-operator' }
  /** A free trial stays with the device that asked for it. */
  | { outcome: 'other-device' }

interface Resume {
  grantId: string
  macAddress: string | null
  /** The network address from which it was asked. Where no device is named, the device at this address is meant. */
  askedFrom?: string
}

/**
 * A running grant comes to this device: the same phone with a new address, or another phone that holds the code. If its holder
 * has paused it, its clock goes on.
 */
export const resumeGrant = command(
  'grants.resume',
  (context, { grantId, macAddress, askedFrom = '' }: Resume): ResumeOutcome => {
    const { db, nowMs } = context
    const before = grantById(db, grantId)
    const only = before && deviceOfTrial(db, before)
    if (only !== undefined && macAddress !== null && macAddress !== only) return { outcome: 'other-device' }
    const outcome = continueGrant.run(context, { grantId, byOperator: false })
    if (outcome === 'paused-by-operator') return { outcome }
    const grant = grantById(db, grantId)
    if (!grant) return { outcome: 'unknown' }
    if (leftOf(db, grant, nowMs).seconds === 0) return { outcome: 'ended' }
    if (macAddress !== null) sql(db, 'UPDATE grants SET mac_address = ? WHERE id = ?').run(macAddress, grantId)
    if (macAddress !== null || askedFrom !== '') noteAskedFrom(context, grantId, { askedFrom, macAddress })
    return { outcome: 'resumed', grant: { ...grant, macAddress: macAddress ?? grant.macAddress } }
  },
)
