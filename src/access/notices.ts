import { type CommandContext, command } from '../flow/command.ts'
import { isTimeTrusted } from '../flow/time-trust.ts'
import { insertNotice, type NoticeRow } from './notice-table.ts'
import { dueReminder, graceWarning, isDaytime } from './reminder-times.ts'
import { accessEndMs } from './subscription-right.ts'
import { type SubscriptionRow, subscriptionsEnding } from './subscription-table.ts'

/** At most so many looked at in one commit; `afterId` says where to go on, undefined at the end. */
const BATCH = 200
const DAY_MS = 86_400_000

interface Look {
  timeZone: string
  afterId: string
}

type NextLook = { afterId: string | undefined }

/** Orders the reminders whose moment has come: each once, and only by day. */
export const orderReminders = command('notices.order-reminders', (context, look: Look): NextLook => {
  const { nowMs } = context
  const ending = { fromMs: nowMs - DAY_MS, toMs: nowMs + 9 * DAY_MS, who: 'all' as const }
  return orderEach(context, look, ending, (subscription) => {
    const days = dueReminder(subscription, look.timeZone, nowMs)
    return days === undefined ? undefined : { kind: 'due', days }
  })
})

/** Orders the warnings that grace ends tomorrow or the day after: each once, and only by day. */
export const orderGraceWarnings = command('notices.order-grace-warnings', (context, look: Look): NextLook => {
  const { nowMs } = context
  const ending = { fromMs: nowMs - 61 * DAY_MS, toMs: nowMs, who: 'grace' as const }
  return orderEach(context, look, ending, (subscription) => {
    const days = graceWarning(accessEndMs(subscription), nowMs)
    return days === undefined ? undefined : { kind: 'grace', days }
  })
})

function orderEach(
  context: CommandContext,
  { timeZone, afterId }: Look,
  ending: { fromMs: number; toMs: number; who: 'all' | 'grace' },
  due: (subscription: SubscriptionRow) => Pick<NoticeRow, 'kind' | 'days'> | undefined,
): NextLook {
  const { db, queue, nowMs } = context
  if (!isTimeTrusted(context) || !isDaytime(timeZone, nowMs)) return { afterId: undefined }
  const found = subscriptionsEnding(db, { ...ending, afterId, limit: BATCH })
  for (const subscription of found) {
    const notice = due(subscription)
    if (!notice || subscription.paidUntilMs === null) continue
    const { id: subscriptionId, paidUntilMs } = subscription
    const noticeId = insertNotice(db, { subscriptionId, paidUntilMs, ...notice }, nowMs)
    if (noticeId !== undefined) queue.enqueue({ name: 'send-subscription-notice', payload: { noticeId } })
  }
  return { afterId: found.length === BATCH ? found.at(-1)?.id : undefined }
}
