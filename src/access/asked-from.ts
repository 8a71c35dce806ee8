import { type Db, sql } from '../store/database.ts'

/** The network address from which the grant's device was last named; null when nobody outside has named it. */
export const askedFromOf = (db: Db, grantId: string): string | null =>
  sql(db, 'SELECT asked_from FROM grants WHERE id = ?').pluck().get(grantId) as string | null

/** An empty one says that somebody named the device, from nowhere that is known. */
export function noteAskedFrom(db: Db, grantId: string, askedFrom: string): void {
  sql(db, 'UPDATE grants SET asked_from = ? WHERE id = ?').run(askedFrom, grantId)
}
