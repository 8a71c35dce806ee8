import type { CommandContext } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { type NOT_WEIGHED, weighed } from './inbox.ts'

/** A message of head office, whose signature the door has checked. */
interface CloudMessage {
  topic: 'mpesa/refund' | 'vouchers/ban'
  messageId: string
  /** The refund or the voucher. */
  subject: string
  body: string
}

/** Does what a message says and keeps it with what came of it, once: the same message again only counts. */
export function onceFromCloud<Outcome extends string>(
  context: CommandContext,
  message: CloudMessage,
  take: () => Outcome,
): Outcome | 'repeat' | typeof NOT_WEIGHED {
  const { db, nowMs } = context
  const repeated = sql(
    db,
    'UPDATE cloud_inbox SET repeats = repeats + 1 WHERE topic = :topic AND message_id = :messageId',
  ).run({ topic: message.topic, messageId: message.messageId })
  if (repeated.changes > 0) return 'repeat'
  const outcome = weighed(context, take)
  sql(
    db,
    `INSERT INTO cloud_inbox (topic, message_id, subject, body, received_at_ms, outcome)
     VALUES (:topic, :messageId, :subject, :body, :nowMs, :outcome)`,
  ).run({ ...message, nowMs, outcome })
  return outcome
}
