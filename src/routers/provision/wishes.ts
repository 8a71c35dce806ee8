import { type Db, sql } from '../../store/database.ts'
import type { WantedServices } from './wanted.ts'

/** What somebody has asked for, or the router itself by running our script. */
export type OrderedBy = 'asked' | 'adopted'

/** What is wanted of one router. */
export interface Wishes {
  wanted: WantedServices
  /** Null until it was once as wanted; from then on it is kept so. */
  provisionedAtMs: number | null
  /** Counts the orders. What is done for one does not do a newer one. */
  orderNumber: number
  /** The order that is not done yet. */
  due: OrderedBy | null
  /** Secrets were changed here and the router does not have them yet. They cannot be read back. */
  secretsDue: boolean
}

const NOTHING: Wishes = { wanted: {}, provisionedAtMs: null, orderNumber: 0, due: null, secretsDue: false }

export function wishesOf(db: Db, routerId: number): Wishes {
  const row = sql(
    db,
    `SELECT wanted, provisioned_at_ms AS provisionedAtMs, order_number AS orderNumber, due, secrets_due AS secretsDue
     FROM router_wishes WHERE router_id = ?`,
  ).get(routerId) as (Omit<Wishes, 'wanted' | 'secretsDue'> & { wanted: string; secretsDue: 0 | 1 }) | undefined
  return row ? { ...row, wanted: JSON.parse(row.wanted), secretsDue: row.secretsDue === 1 } : NOTHING
}

/** Whether it is made as wanted without anybody asking. */
export const isKept = ({ provisionedAtMs, due }: Wishes): boolean => provisionedAtMs !== null || due !== null

export function keptRouters(db: Db): number[] {
  return sql(db, 'SELECT router_id FROM router_wishes WHERE provisioned_at_ms IS NOT NULL OR due IS NOT NULL')
    .pluck()
    .all() as number[]
}

interface NewOrder {
  by: OrderedBy
  /** What is to be kept from now on; undefined: what it was. */
  wanted: WantedServices | undefined
  secrets: boolean
}

/** What is to be kept once somebody, or the router itself, orders that it be made so. */
export function putWanted(db: Db, routerId: number, wanted: WantedServices): void {
  sql(db, 'INSERT INTO router_wishes (router_id, wanted) VALUES (?, ?)').run(routerId, JSON.stringify(wanted))
}

/** Returns the number of the order. */
export function putOrder(db: Db, routerId: number, { by, wanted, secrets }: NewOrder): number {
  return sql(
    db,
    `INSERT INTO router_wishes (router_id, wanted, order_number, due, secrets_due) VALUES (:routerId, coalesce(:wanted, '{}'), 1, :by, :secrets)
     ON CONFLICT (router_id) DO UPDATE SET wanted = coalesce(:wanted, wanted), order_number = order_number + 1, due = excluded.due,
       secrets_due = max(secrets_due, excluded.secrets_due) RETURNING order_number`,
  )
    .pluck()
    .get({
      routerId,
      by,
      wanted: wanted === undefined ? null : JSON.stringify(wanted),
      secrets: secrets ? 1 : 0,
    }) as number
}

/** The router has the secrets of this order, unless there is a newer one. */
export function noteSecretsWritten(db: Db, routerId: number, orderNumber: number): void {
  sql(db, 'UPDATE router_wishes SET secrets_due = 0 WHERE router_id = ? AND order_number = ?').run(
    routerId,
    orderNumber,
  )
}

/** The router is as this order wants it. A newer one stays due. */
export function noteOrderDone(db: Db, routerId: number, orderNumber: number, nowMs: number): void {
  sql(
    db,
    `UPDATE router_wishes SET provisioned_at_ms = coalesce(provisioned_at_ms, :nowMs),
       due = CASE order_number WHEN :orderNumber THEN NULL ELSE due END WHERE router_id = :routerId`,
  ).run({ routerId, orderNumber, nowMs })
}
