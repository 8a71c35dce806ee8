import type { GrantRow } from '../access/grant-table.ts'
import { anySessionOfGrant, openSessionsOfGrant } from '../access/session-table.ts'
import type { Db } from '../store/database.ts'

/** Whose being online is asked for, of the devices that may use one access. */
export interface AskedDevice {
  macAddress: string | null | undefined
  /** Where the question comes from, when that is the device itself: phones change their MAC. */
  ipAddress?: string
}

/**
 * Whether a device is online with this grant, or without one any device: by its sessions, or by the router's own word as
 * long as none was accounted. A session that names no device may be anybody's.
 */
export function isOnline(db: Db, grant: GrantRow, device?: AskedDevice): boolean {
  if (grant.endedAtMs !== null) return false
  const open = openSessionsOfGrant(db, grant.id)
  if (open.length === 0) return grant.onlineAtMs !== null && !anySessionOfGrant(db, grant.id)
  if (!device?.macAddress) return true
  const { macAddress, ipAddress } = device
  return open.some(
    (session) =>
      session.macAddress === null ||
      session.macAddress === macAddress ||
      (ipAddress !== undefined && session.framedIpAddress === ipAddress),
  )
}

const LITTLE_DATA_PART = 0.2

/** So little of its data is left that its holder should hear of it before the end. */
export const isDataLow = ({ dataLimitBytes, usedBytes }: GrantRow): boolean =>
  dataLimitBytes !== null && dataLimitBytes - usedBytes < dataLimitBytes * LITTLE_DATA_PART

/** An access as its page watches it. */
export function accessState(db: Db, grant: GrantRow, device?: AskedDevice): { online: boolean; data_low?: true } {
  return { online: isOnline(db, grant, device), ...(isDataLow(grant) && { data_low: true }) }
}
