import { type Db, sql } from '../store/database.ts'
import type { SubscriptionEvent, SubscriptionState } from './subscription-states.ts'

export type DisconnectionReason = 'unpaid' | 'not-started' | 'time-used' | 'data-used' | 'revoked'

/** Somebody's standing order for access. What RADIUS answers stands on its grant. */
export interface SubscriptionRow {
  id: string
  /** What a payer types as the account. */
  accountNumber: string
  customerId: number
  packageId: number
  grantId: string
  state: SubscriptionState
  startsAtMs: number
  /** Null while nothing was ever paid. */
  paidUntilMs: number | null
  /** When the time that is paid now was bought. */
  renewedAtMs: number | null
  graceDays: number
  suspendedAtMs: number | null
  disconnectedAtMs: number | null
  disconnectionReason: DisconnectionReason | null
  createdAtMs: number
}

const COLUMNS = `id, account_number AS accountNumber, customer_id AS customerId, package_id AS packageId, grant_id AS grantId, state,
  starts_at_ms AS startsAtMs, paid_until_ms AS paidUntilMs, renewed_at_ms AS renewedAtMs, grace_days AS graceDays,
  suspended_at_ms AS suspendedAtMs, disconnected_at_ms AS disconnectedAtMs, disconnection_reason AS disconnectionReason,
  created_at_ms AS createdAtMs`

const one =
  (where: string) =>
  (db: Db, value: string): SubscriptionRow | undefined =>
    sql(db, `SELECT ${COLUMNS} FROM subscriptions WHERE ${where} = ?`).get(value) as SubscriptionRow | undefined

export const subscriptionById = one('id')
export const subscriptionByAccount = one('account_number')
export const subscriptionOfGrant = one('grant_id')

/** Those that a payment can renew, oldest first. */
export function openSubscriptionsOf(db: Db, customerId: number): SubscriptionRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM subscriptions WHERE customer_id = ? AND state <> 'cancelled' ORDER BY created_at_ms, id`,
  ).all(customerId) as SubscriptionRow[]
}

/** Newest first. */
export function recentSubscriptions(
  db: Db,
  filter: {
    state?: SubscriptionState
    customerId?: number
    limit: number
    before?: { createdAtMs: number; id: string }
  },
): SubscriptionRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM subscriptions WHERE (created_at_ms, id) < (:createdAtMs, :id)
       AND (:state IS NULL OR state = :state) AND (:customerId IS NULL OR customer_id = :customerId)
     ORDER BY created_at_ms DESC, id DESC LIMIT :limit`,
  ).all({
    createdAtMs: filter.before?.createdAtMs ?? Number.MAX_SAFE_INTEGER,
    id: filter.before?.id ?? '',
    state: filter.state ?? null,
    customerId: filter.customerId ?? null,
    limit: filter.limit,
  }) as SubscriptionRow[]
}

/** Whose paid time has ended, or whose next period or first day has come, and nobody has said so yet. */
export function dueSubscriptions(db: Db, nowMs: number, limit: number): SubscriptionRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM subscriptions WHERE id IN (
       SELECT id FROM subscriptions WHERE state = 'active' AND paid_until_ms <= :nowMs
       UNION ALL
       SELECT id FROM subscriptions WHERE state = 'grace' AND paid_until_ms + grace_days * 86400000 <= :nowMs
       UNION ALL
       SELECT id FROM subscriptions WHERE state = 'disconnected' AND disconnection_reason = 'not-started'
         AND starts_at_ms <= :nowMs AND paid_until_ms > :nowMs AND NOT EXISTS (SELECT 1 FROM grants WHERE grants.id = grant_id AND revoked_by_hand = 1)
       UNION ALL
       SELECT subscriptions.id FROM subscription_periods JOIN subscriptions ON subscriptions.id = subscription_id
       WHERE subscription_periods.state = 'waiting' AND subscriptions.state = 'active'
       GROUP BY subscriptions.id HAVING paid_until_ms - sum(duration_ms) <= :nowMs
     ) LIMIT :limit`,
  ).all({ nowMs, limit }) as SubscriptionRow[]
}

/** Whose paid time ends between, after one id: those in grace, or all who are or were online with it until then. */
export function subscriptionsEnding(
  db: Db,
  ending: { fromMs: number; toMs: number; who: 'all' | 'grace'; afterId: string; limit: number },
): SubscriptionRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM subscriptions WHERE state IN ('grace', iif(:who = 'all', 'active', 'grace'), iif(:who = 'all', 'disconnected', 'grace'))
       AND (state <> 'disconnected' OR disconnection_reason = 'time-used')
       AND paid_until_ms BETWEEN :fromMs AND :toMs AND id > :afterId ORDER BY id LIMIT :limit`,
  ).all(ending) as SubscriptionRow[]
}

/** Down since before `sinceMs`. */
export function longDisconnected(db: Db, sinceMs: number, limit: number): SubscriptionRow[] {
  return sql(
    db,
    `SELECT ${COLUMNS} FROM subscriptions WHERE state = 'disconnected' AND disconnected_at_ms <= ?
       AND disconnection_reason <> 'not-started' LIMIT ?`,
  ).all(sinceMs, limit) as SubscriptionRow[]
}

export function insertSubscription(
  db: Db,
  row: Omit<SubscriptionRow, 'state' | 'renewedAtMs' | 'suspendedAtMs' | 'createdAtMs'> & { createdAtMs: number },
): void {
  sql(
    db,
    `INSERT INTO subscriptions (id, account_number, customer_id, package_id, grant_id, starts_at_ms, paid_until_ms, grace_days,
       disconnected_at_ms, disconnection_reason, created_at_ms)
     VALUES (:id, :accountNumber, :customerId, :packageId, :grantId, :startsAtMs, :paidUntilMs, :graceDays,
       :disconnectedAtMs, :disconnectionReason, :createdAtMs)`,
  ).run(row)
}

export function updateSubscription(
  db: Db,
  {
    id,
    packageId,
    state,
    paidUntilMs,
    renewedAtMs,
    graceDays,
    suspendedAtMs,
    disconnectedAtMs,
    disconnectionReason,
  }: SubscriptionRow,
): void {
  sql(
    db,
    `UPDATE subscriptions SET package_id = :packageId, state = :state, paid_until_ms = :paidUntilMs, renewed_at_ms = :renewedAtMs,
       grace_days = :graceDays, suspended_at_ms = :suspendedAtMs, disconnected_at_ms = :disconnectedAtMs,
       disconnection_reason = :disconnectionReason WHERE id = :id`,
  ).run({
    id,
    packageId,
    state,
    paidUntilMs,
    renewedAtMs,
    graceDays,
    suspendedAtMs,
    disconnectedAtMs,
    disconnectionReason,
  })
}

export interface SubscriptionStep {
  event: SubscriptionEvent
  fromState: SubscriptionState
  toState: SubscriptionState
  packageId: number
  paidUntilMs: number | null
  paymentId: string | null
  /** What a renewal gave, or what was taken back of it. */
  seconds: number | null
  bytes: number | null
  /** The renewal that is taken back, or given back. */
  aboutPaymentId: string | null
  detail: string
  atMs: number
}

export function insertStep(db: Db, subscriptionId: string, step: SubscriptionStep): void {
  sql(
    db,
    `INSERT INTO subscription_history (subscription_id, event, from_state, to_state, package_id, paid_until_ms, payment_id, seconds, bytes,
       about_payment_id, detail, at_ms)
     VALUES (:subscriptionId, :event, :fromState, :toState, :packageId, :paidUntilMs, :paymentId, :seconds, :bytes,
       :aboutPaymentId, :detail, :atMs)`,
  ).run({ subscriptionId, ...step })
}

const STEP_COLUMNS = `subscription_id AS subscriptionId, event, from_state AS fromState, to_state AS toState, package_id AS packageId,
  paid_until_ms AS paidUntilMs, payment_id AS paymentId, seconds, bytes, about_payment_id AS aboutPaymentId, detail, at_ms AS atMs`

/** How it came to its state, oldest first. */
export function stepsOf(db: Db, subscriptionId: string): SubscriptionStep[] {
  return sql(db, `SELECT ${STEP_COLUMNS} FROM subscription_history WHERE subscription_id = ? ORDER BY id`).all(
    subscriptionId,
  ) as SubscriptionStep[]
}

export interface Renewal extends SubscriptionStep {
  subscriptionId: string
  /** What was taken back of it, while its payment is given back. */
  taken: Pick<SubscriptionStep, 'seconds' | 'bytes'> | undefined
}

/** What a payment gave to a subscription. */
export function renewalOf(db: Db, paymentId: string): Renewal | undefined {
  const renewal = sql(db, `SELECT ${STEP_COLUMNS} FROM subscription_history WHERE payment_id = ?`).get(paymentId) as
    | Omit<Renewal, 'taken'>
    | undefined
  const last = sql(db, `SELECT ${STEP_COLUMNS} FROM subscription_history WHERE id = (${LAST_ABOUT} ?)`).get(
    paymentId,
  ) as SubscriptionStep | undefined
  return renewal && { ...renewal, taken: last?.event === 'TIME_TAKEN' ? last : undefined }
}

const LAST_ABOUT = 'SELECT max(id) FROM subscription_history WHERE about_payment_id ='

/** What was added of one package after this payment, and has begun; not what is given back. */
export function givenAfter(
  db: Db,
  asked: { subscriptionId: string; paymentId: string; packageId: number },
): { seconds: number; bytes: number } {
  return sql(
    db,
    `SELECT coalesce(sum(step.seconds), 0) AS seconds, coalesce(sum(step.bytes), 0) AS bytes
     FROM subscription_history AS step LEFT JOIN subscription_periods AS period ON period.payment_id = step.payment_id
     WHERE step.subscription_id = :subscriptionId AND step.about_payment_id IS NULL
       AND step.id > (SELECT id FROM subscription_history WHERE payment_id = :paymentId)
       AND coalesce(period.package_id, step.package_id) = :packageId AND coalesce(period.state, 'begun') = 'begun'
       AND NOT EXISTS (SELECT 1 FROM subscription_history WHERE id = (${LAST_ABOUT} step.payment_id) AND event = 'TIME_TAKEN')`,
  ).get(asked) as { seconds: number; bytes: number }
}

/** The subscription that a payment has renewed. */
export function renewedBy(db: Db, paymentId: string): string | undefined {
  return sql(db, 'SELECT subscription_id FROM subscription_history WHERE payment_id = ?').pluck().get(paymentId) as
    | string
    | undefined
}
