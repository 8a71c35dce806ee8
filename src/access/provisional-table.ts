import { type Db, sql } from '../store/database.ts'
import { type GrantRow, grantById } from './grant-table.ts'

/** `checkout`: while the PIN is typed. `uncertain`: M-PESA has not said what became of the payment. */
export type ProvisionalReason = 'checkout' | 'uncertain'

export interface ProvisionalRow {
  paymentId: string
  grantId: string
  phoneNumber: string
  macAddress: string
  amountCents: number
  because: ProvisionalReason
  state: 'open' | 'failed' | 'paid' | 'forgiven'
}

const COLUMNS = `payment_id AS paymentId, grant_id AS grantId, phone_number AS phoneNumber, mac_address AS macAddress,
  amount_cents AS amountCents, because, state`

export function provisionalOf(db: Db, paymentId: string): ProvisionalRow | undefined {
  return sql(db, `SELECT ${COLUMNS} FROM provisional_access WHERE payment_id = ?`).get(paymentId) as
    | ProvisionalRow
    | undefined
}

/** The grant with which the buyer of this unpaid purchase is online for now. */
export function provisionalGrantOf(db: Db, paymentId: string, nowMs: number): GrantRow | undefined {
  const row = provisionalOf(db, paymentId)
  const grant = row && row.state !== 'paid' ? grantById(db, row.grantId) : undefined
  return grant?.endedAtMs === null && grant.expiresAtMs > nowMs ? grant : undefined
}

/** Nobody has paid for this grant yet. */
export function isOnTrust(db: Db, grantId: string): boolean {
  return sql(db, "SELECT 1 FROM provisional_access WHERE grant_id = ? AND state <> 'paid'").get(grantId) !== undefined
}

/** Somebody's last one that was not paid for. */
export function owedBy(db: Db, { phoneNumber, macAddress }: { phoneNumber: string; macAddress: string }): boolean {
  const owed = `SELECT 1 FROM provisional_access WHERE phone_number = :phoneNumber AND state IN ('open', 'failed')
    UNION ALL SELECT 1 FROM provisional_access WHERE mac_address = :macAddress AND state IN ('open', 'failed')`
  return sql(db, owed).get({ phoneNumber, macAddress }) !== undefined
}

/** What is out on trust now: of payments of which nobody knows whether they were made. */
export function outstandingCents(db: Db): number {
  return sql(
    db,
    `SELECT coalesce(sum(provisional_access.amount_cents), 0) FROM provisional_access JOIN payments ON payments.id = payment_id
     WHERE provisional_access.state = 'open' AND payments.state IN ('SUBMITTING', 'PROMPTED', 'UNCERTAIN', 'EXPIRED', 'REVIEW')`,
  )
    .pluck()
    .get() as number
}

export function insertProvisional(db: Db, row: Omit<ProvisionalRow, 'state'>, nowMs: number): void {
  sql(
    db,
    `INSERT INTO provisional_access (payment_id, grant_id, phone_number, mac_address, amount_cents, because, opened_at_ms)
     VALUES (:paymentId, :grantId, :phoneNumber, :macAddress, :amountCents, :because, :nowMs)`,
  ).run({ ...row, nowMs })
}

export function setBecause(db: Db, paymentId: string, because: ProvisionalReason): void {
  sql(db, 'UPDATE provisional_access SET because = ? WHERE payment_id = ?').run(because, paymentId)
}

export function setProvisionalState(db: Db, paymentId: string, state: ProvisionalRow['state']): void {
  sql(db, 'UPDATE provisional_access SET state = ? WHERE payment_id = ?').run(state, paymentId)
}

/** Whoever pays is trusted again, by phone and by device. */
export function forgive(
  db: Db,
  { phoneNumber, macAddress }: { phoneNumber: string | null; macAddress: string | null },
) {
  for (const [column, value] of Object.entries({ phone_number: phoneNumber, mac_address: macAddress })) {
    if (value === null) continue
    sql(db, `UPDATE provisional_access SET state = 'forgiven' WHERE ${column} = ? AND state IN ('open', 'failed')`).run(
      value,
    )
  }
}
