import { type Db, sql } from '../store/database.ts'

/** What a subscriber is written about the end of the time that is paid: once for each kind and day. */
export interface NoticeRow {
  id: number
  subscriptionId: string
  paidUntilMs: number
  /** due: the paid time ends. grace: the days after it end. */
  kind: 'due' | 'grace'
  days: number
}

export function noticeById(db: Db, noticeId: number): NoticeRow | undefined {
  return sql(
    db,
    'SELECT id, subscription_id AS subscriptionId, paid_until_ms AS paidUntilMs, kind, days FROM subscription_notices WHERE id = ?',
  ).get(noticeId) as NoticeRow | undefined
}

/** Undefined when there is one already. */
export function insertNotice(db: Db, row: Omit<NoticeRow, 'id'>, nowMs: number): number | undefined {
  const { changes, lastInsertRowid } = sql(
    db,
    `INSERT INTO subscription_notices (subscription_id, paid_until_ms, kind, days, created_at_ms)
     VALUES (:subscriptionId, :paidUntilMs, :kind, :days, :nowMs) ON CONFLICT DO NOTHING`,
  ).run({ ...row, nowMs })
  return changes > 0 ? Number(lastInsertRowid) : undefined
}
