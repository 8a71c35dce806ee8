import { type Db, sql } from '../store/database.ts'

/** Somebody who pays here regularly, known by the phone that pays: `2547XXXXXXXX`. */
export interface CustomerRow {
  id: number
  phoneNumber: string
  name: string
  createdAtMs: number
}

const COLUMNS = 'id, phone_number AS phoneNumber, name, created_at_ms AS createdAtMs'

export function customerById(db: Db, customerId: number): CustomerRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM customers WHERE id = ?`).get(customerId) as CustomerRow | undefined
}

export function customerByPhone(db: Db, phoneNumber: string): CustomerRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM customers WHERE phone_number = ?`).get(phoneNumber) as CustomerRow | undefined
}

export const phonesOfCustomers = (db: Db): string[] =>
  sql(db, 'SELECT phone_number FROM customers').pluck().all() as string[]

/** Newest first. */
export function recentCustomers(db: Db, limit: number, beforeId?: number): CustomerRow[] {
  return sql(db, `SELECT ${COLUMNS} FROM customers WHERE id < ? ORDER BY id DESC LIMIT ?`).all(
    beforeId ?? Number.MAX_SAFE_INTEGER,
    limit,
  ) as CustomerRow[]
}
