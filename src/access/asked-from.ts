import { type CommandContext, command } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import { grantById } from './grant-table.ts'
import { deviceOfTrial } from './trial-device.ts'

/** For so long an address stays with the same device: no lease is shorter. */
const SAME_DEVICE_MS = 15 * 60_000

/** The network address from which the grant's device was last named; null when nobody outside has named it. */
export const askedFromOf = (db: Db, grantId: string): string | null =>
  sql(db, 'SELECT asked_from FROM grants WHERE id = ?').pluck().get(grantId) as string | null

/** The network address of the device that the grant is for, where only its router can say which one that is. */
export const deviceAtOf = (db: Db, grantId: string, nowMs: number): string | undefined =>
  sql(db, 'SELECT device_at FROM grants WHERE id = ? AND device_at_ms > ?')
    .pluck()
    .get(grantId, nowMs - SAME_DEVICE_MS) as string | undefined

/**
 * Who asks is at this address, and means the device that is named, or the one that asks. An empty address says that somebody
 * asked, from nowhere that is known.
 */
export function noteAskedFrom(
  { db, nowMs }: Pick<CommandContext, 'db' | 'nowMs'>,
  grantId: string,
  { askedFrom = '', macAddress }: { askedFrom?: string | undefined; macAddress: string | null },
): void {
  const deviceAt = macAddress === null && askedFrom !== '' ? askedFrom : null
  sql(
    db,
    `UPDATE grants SET asked_from = :askedFrom, device_at = :deviceAt, device_at_ms = iif(:deviceAt IS NULL, NULL, :nowMs)
     WHERE id = :grantId`,
  ).run({ grantId, askedFrom, deviceAt, nowMs })
}

/** The router has said which device asked. */
export const noteDeviceFound = command(
  'grants.note-device-found',
  ({ db }, found: { grantId: string; deviceAt: string; macAddress: string; routerId: number }) => {
    const grant = grantById(db, found.grantId)
    const only = grant && deviceOfTrial(db, grant)
    if (only !== undefined && only !== found.macAddress) return
    sql(
      db,
      `UPDATE grants SET mac_address = :macAddress, router_id = coalesce(router_id, :routerId), device_at = NULL, device_at_ms = NULL
       WHERE id = :grantId AND device_at = :deviceAt`,
    ).run(found)
  },
)
