import { type GrantRow, grantById, runningGrantOfDevice } from '../../access/grant-table.ts'
import { isOnTrust } from '../../access/provisional-table.ts'
import { latestSessionOfDevice, openSessionOfAddress } from '../../access/session-table.ts'
import { leftOf } from '../../access/time-left.ts'
import { latestPaidOfDevice, type PaymentRow } from '../../billing/payment-table.ts'
import type { House } from '../house.ts'

/** A device that was here before, and proves to be it. */
export interface KnownDevice {
  macAddress: string
  routerId: number
  online: boolean
  /** What it is online with, else what it may use now. */
  grant: GrantRow | undefined
  /** What was last bought from it, and by which phone. */
  lastPurchase: PaymentRow | undefined
}

/** For so long a device is believed to be the one that had its network address before. */
const REMEMBERED_MS = 60 * 86_400_000

/** Access on trust is nothing that a page offers: it ends, or becomes what was bought. */
function boughtGrantOf(db: House['db'], macAddress: string, nowMs: number): GrantRow | undefined {
  const running = runningGrantOfDevice(db, macAddress, nowMs)
  return running && !isOnTrust(db, running.id) ? running : undefined
}

/**
 * The device that asks, when the network vouches for it: it has the address of an open session, or the one that the
 * device named in the link had in its last. A link alone could be written by anybody; a router gives a device its old
 * address again. Who is not known this way is a new customer, and is shown nothing of anybody.
 */
export function knownDevice(
  { db, clock }: Pick<House, 'db' | 'clock'>,
  address: string,
  named: string | undefined,
): KnownDevice | undefined {
  const nowMs = clock.nowMs()
  const open = openSessionOfAddress(db, address)
  const session = named === undefined || open?.macAddress === named ? open : latestSessionOfDevice(db, named)
  if (!session || session.macAddress === null || session.framedIpAddress !== address) return undefined
  if (session.updatedAtMs < nowMs - REMEMBERED_MS) return undefined
  const { macAddress, routerId, grantId, stoppedAtMs } = session
  const used = grantId === null ? undefined : grantById(db, grantId)
  const mayGoOn = used && leftOf(db, used, nowMs).seconds > 0 && !isOnTrust(db, used.id) ? used : undefined
  const online = stoppedAtMs === null && mayGoOn !== undefined
  return {
    macAddress,
    routerId,
    online,
    grant: online ? mayGoOn : (boughtGrantOf(db, macAddress, nowMs) ?? mayGoOn),
    lastPurchase: latestPaidOfDevice(db, macAddress),
  }
}
