import { type Db, sql } from '../store/database.ts'
import type { GrantRow } from './grant-table.ts'

/** The only device that a free trial's access is for; undefined for access that somebody has paid for or given. A login asks in `grantAtDoor`. */
export function deviceOfTrial(
  db: Db,
  { source, sourceId, phoneNumber }: Pick<GrantRow, 'source' | 'sourceId' | 'phoneNumber'>,
): string | undefined {
  if (source !== 'payment' || phoneNumber !== null) return undefined
  return sql(db, 'SELECT mac_address FROM trials WHERE id = ?').pluck().get(sourceId) as string | undefined
}
