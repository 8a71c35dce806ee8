import { type CommandContext, command } from '../flow/command.ts'
import { customerById } from './customer-table.ts'
import { type OnceResult, recordOnce, startOnce } from './message-once.ts'
import { type NoticeRow, noticeById } from './notice-table.ts'
import { factOf } from './subscription-fact.ts'
import { type SubscriptionRow, subscriptionById } from './subscription-table.ts'

const KEY = 'notice:'
const keyOf = (noticeId: number) => `${KEY}${noticeId}`

/** The notice of a message; undefined when it is another kind of message. */
export const noticeIdOfKey = (dedupeKey: string): number | undefined =>
  dedupeKey.startsWith(KEY) ? Number(dedupeKey.slice(KEY.length)) : undefined

export type NoticeStart = { outcome: 'send'; phoneNumber: string } | { outcome: 'settled' | 'outdated' }

/** A notice goes out at most once, and what has been paid meanwhile is not written about. */
export const startNotice = command('notices.start', (context, { noticeId }: { noticeId: number }): NoticeStart => {
  const { db } = context
  const notice = noticeById(db, noticeId)
  const subscription = notice && subscriptionById(db, notice.subscriptionId)
  const customer = subscription && customerById(db, subscription.customerId)
  if (!customer || subscription.paidUntilMs !== notice?.paidUntilMs || !isNews(notice, subscription)) {
    return { outcome: 'outdated' }
  }
  const { phoneNumber } = customer
  const isNew = startOnce(context, { key: keyOf(noticeId), grantId: subscription.grantId, phoneNumber })
  return isNew ? { outcome: 'send', phoneNumber } : { outcome: 'settled' }
})

/** On the last day also to whose time is over, where there is no grace. */
const isNews = ({ kind }: NoticeRow, { state, disconnectionReason }: SubscriptionRow): boolean =>
  state === 'grace' ||
  (kind === 'due' && (state === 'active' || (state === 'disconnected' && disconnectionReason === 'time-used')))

export const recordNotice = command(
  'notices.record',
  (context, input: { noticeId: number; result: OnceResult; phoneMasked: string }) => {
    const { noticeId, result, phoneMasked } = input
    if (recordOnce(context, keyOf(noticeId), result)) noteNoticeSent(context, noticeId, phoneMasked)
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
