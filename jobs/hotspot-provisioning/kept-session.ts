import { askedFromOf } from '../../src/access/asked-from.ts'
import { type GrantRow, grantById, grantByUsername, isHalted } from '../../src/access/grant-table.ts'
import { isOnTrust } from '../../src/access/provisional-table.ts'
import { leftOf } from '../../src/access/time-left.ts'
import { deviceOfTrial } from '../../src/access/trial-device.ts'
import { voucherByCode } from '../../src/billing/voucher-table.ts'
import { normaliseVoucherCode } from '../../src/billing/vouchers.ts'
import type { Db } from '../../src/store/database.ts'

/**
 * Whether a device that is online with `other` stays so although `grant` was asked for in its name: anybody can name it. Not
 * where it is the same customer, whose phone has paid for both, or the staff has said so, or there is nothing to lose: `other` is
 * over, a free trial, or not paid yet. Beyond that only the device itself may ask, which its router knows.
 */
export function isKept(db: Db, other: GrantRow | undefined, grant: GrantRow, nowMs: number): boolean {
  if (other === undefined || other.id === grant.id) return false
  if (isHalted(other) || leftOf(db, other, nowMs).seconds === 0) return false
  if (grant.phoneNumber !== null && grant.phoneNumber === other.phoneNumber) return false
  if (grant.source === 'operator' && askedFromOf(db, grant.id) === null) return false
  return deviceOfTrial(db, other) === undefined && !isOnTrust(db, other.id)
}

/** A router names who is online by what was typed: the name of the access, or a voucher. */
export function grantOfUser(db: Db, username: string): GrantRow | undefined {
  const grantId = voucherByCode(db, normaliseVoucherCode(username))?.grantId ?? null
  return grantByUsername(db, username) ?? (grantId === null ? undefined : grantById(db, grantId))
}
