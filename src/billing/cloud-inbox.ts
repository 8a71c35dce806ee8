import type { CommandContext } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { NOT_WEIGHED, weighed } from './inbox.ts'

/** A message of head office, whose signature the door has checked. */
interface CloudMessage {
  topic: 'mpesa/refund' | 'vouchers/ban'
  messageId: string
  /** The refund or the voucher. */
  subject: string
  body: string
}

/** Outcomes that may be others when the same message comes again: in a mended release, or once the refund is there. */
const UNSETTLED: readonly string[] = [NOT_WEIGHED, 'malformed', 'unknown']

/** Does what a message says and keeps it with what came of it, once: when that is settled, the same message again only counts. */
export function onceFromCloud<Outcome extends string>(
  context: CommandContext,
  message: CloudMessage,
  take: () => Outcome,
): Outcome | 'repeat' | typeof NOT_WEIGHED {
  const { db, nowMs, log } = context
  const { topic, messageId, subject } = message
  const before = sql(
    db,
    'UPDATE cloud_inbox SET repeats = repeats + 1 WHERE topic = :topic AND message_id = :messageId RETURNING outcome',
  )
    .pluck()
    .get({ topic, messageId }) as string | undefined
  if (before !== undefined && !UNSETTLED.includes(before)) return 'repeat'
  const outcome = weighed(context, take)
  if (outcome === 'malformed') log.error({ topic, messageId, subject }, 'head office says what cannot be understood')
  sql(
    db,
    `INSERT INTO cloud_inbox (topic, message_id, subject, body, received_at_ms, outcome)
     VALUES (:topic, :messageId, :subject, :body, :nowMs, :outcome) ON CONFLICT (topic, message_id) DO UPDATE SET
       subject = excluded.subject, body = excluded.body, received_at_ms = excluded.received_at_ms, outcome = excluded.outcome`,
  ).run({ ...message, nowMs, outcome })
  return outcome
}
