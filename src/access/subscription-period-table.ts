import { type Db, sql } from '../store/database.ts'
import type { SoldTerms } from './subscription-right.ts'

/** Time of a subscription that is paid for, and begins when what is before it is over. */
export interface SubscriptionPeriod {
  id: number
  subscriptionId: string
  /** Null for the rest of a period that was broken off because its data was used up. */
  paymentId: string | null
  durationMs: number
  usedBytes: number
  terms: SoldTerms
  state: 'waiting' | 'begun' | 'withdrawn'
}

const COLUMNS = `id, subscription_id AS subscriptionId, payment_id AS paymentId, duration_ms AS durationMs, used_bytes AS usedBytes, terms, state`

const parsed = (row: unknown): SubscriptionPeriod => {
  const period = row as SubscriptionPeriod & { terms: string }
  return { ...period, terms: JSON.parse(period.terms) as SoldTerms }
}

/** In the order in which they begin. */
export function waitingPeriods(db: Db, subscriptionId: string): SubscriptionPeriod[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM subscription_periods WHERE subscription_id = ? AND state = 'waiting' ORDER BY id`,
  )
    .all(subscriptionId)
    .map(parsed)
}

export function periodBoughtWith(db: Db, paymentId: string): SubscriptionPeriod | undefined {
  const row = sql(db, `SELECT ${COLUMNS} FROM subscription_periods WHERE payment_id = ?`).get(paymentId)
  return row === undefined ? undefined : parsed(row)
}

/** The rest of a package's time that went last with a payment that was given back. */
export function withdrawnRest(db: Db, subscriptionId: string, packageId: number): SubscriptionPeriod | undefined {
  const row = sql(
    db,
    `SELECT ${COLUMNS} FROM subscription_periods WHERE subscription_id = ? AND package_id = ? AND payment_id IS NULL
       AND state = 'withdrawn' ORDER BY id DESC LIMIT 1`,
  ).get(subscriptionId, packageId)
  return row === undefined ? undefined : parsed(row)
}

export function insertPeriod(
  db: Db,
  { terms, ...period }: Pick<SubscriptionPeriod, 'subscriptionId' | 'paymentId' | 'durationMs' | 'usedBytes' | 'terms'>,
): void {
  sql(
    db,
    `INSERT INTO subscription_periods (subscription_id, payment_id, package_id, duration_ms, used_bytes, terms)
     VALUES (:subscriptionId, :paymentId, :packageId, :durationMs, :usedBytes, :terms)`,
  ).run({ ...period, packageId: terms.packageId, terms: JSON.stringify(terms) })
}

export function setPeriodState(db: Db, periodId: number, state: SubscriptionPeriod['state']): void {
  sql(db, 'UPDATE subscription_periods SET state = ? WHERE id = ?').run(state, periodId)
}
