import { type CommandContext, command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { customerById } from './customer-table.ts'
import { noticeById } from './notice-table.ts'
import { factOf } from './subscription-fact.ts'
import { subscriptionById } from './subscription-table.ts'

const KEY = 'notice:'
const keyOf = (noticeId: number) => `${KEY}${noticeId}`

/** The notice of a message; undefined when it is another kind of message. */
export const noticeIdOfKey = (dedupeKey: string): number | undefined =>
  dedupeKey.startsWith(KEY) ? Number(dedupeKey.slice(KEY.length)) : undefined

export type NoticeStart = { outcome: 'send'; phoneNumber: string } | { outcome: 'settled' | 'outdated' }

/**
 * Writes "sending" before the gateway is called. A notice goes out at most once: what a crash or a lost answer leaves in
 * doubt is not sent again, and what has been paid meanwhile is not written about.
 */
export const startNotice = command(
  'notices.start',
  ({ db, nowMs }, { noticeId }: { noticeId: number }): NoticeStart => {
    const notice = noticeById(db, noticeId)
    const subscription = notice && subscriptionById(db, notice.subscriptionId)
    const customer = subscription && customerById(db, subscription.customerId)
    const fits = notice?.kind === 'due' ? ['active', 'grace'] : ['grace']
    if (!customer || subscription.paidUntilMs !== notice?.paidUntilMs || !fits.includes(subscription.state)) {
      return { outcome: 'outdated' }
    }
    const { changes } = sql(
      db,
      `INSERT INTO messages (dedupe_key, grant_id, phone_number, state, updated_at_ms) VALUES (?, ?, ?, 'sending', ?) ON CONFLICT DO NOTHING`,
    ).run(keyOf(noticeId), subscription.grantId, customer.phoneNumber, nowMs)
    return changes > 0 ? { outcome: 'send', phoneNumber: customer.phoneNumber } : { outcome: 'settled' }
  },
)

export type NoticeResult =
  | { outcome: 'accepted'; providerId: string }
  | { outcome: 'refused' | 'lost'; detail: string }
  /** Nothing left this box: as if it had never been tried. */
  | { outcome: 'unsent' }

export const recordNotice = command(
  'notices.record',
  (context, input: { noticeId: number; result: NoticeResult; phoneMasked: string }) => {
    const { noticeId, result, phoneMasked } = input
    const { db, nowMs } = context
    const isSending = "dedupe_key = ? AND state = 'sending'"
    if (result.outcome === 'unsent') {
      sql(db, `DELETE FROM messages WHERE ${isSending}`).run(keyOf(noticeId))
      return
    }
    const state = { accepted: 'sent', refused: 'failed', lost: 'uncertain' }[result.outcome]
    const providerId = result.outcome === 'accepted' ? result.providerId : null
    const detail = result.outcome === 'accepted' ? null : result.detail
    const { changes } = sql(
      db,
      `UPDATE messages SET state = ?, provider_id = ?, detail = ?, updated_at_ms = ? WHERE ${isSending}`,
    ).run(state, providerId, detail, nowMs, keyOf(noticeId))
    if (changes > 0 && result.outcome === 'accepted') noteNoticeSent(context, noticeId, phoneMasked)
  },
)

/** The gateway has it. */
export function noteNoticeSent({ db, journal }: CommandContext, noticeId: number, phoneMasked: string): void {
  const notice = noticeById(db, noticeId)
  const subscription = notice && subscriptionById(db, notice.subscriptionId)
  if (!subscription) return
  const { kind, days } = notice
  journal.record('subscription.reminder_sent', { ...factOf(subscription), kind, days, phoneMasked })
}
