import { command } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'
import { causeOf, grantById } from './grant-table.ts'
import { noteNoticeSent, noticeIdOfKey } from './notice-messages.ts'

/** The credentials sent to a customer's phone: at most one message in flight, and an unknown outcome is not repeated blindly. */
export interface MessageRow {
  id: number
  /** Null when it is about no grant. */
  grantId: string | null
  phoneNumber: string
  state: 'sending' | 'uncertain' | 'sent' | 'delivered' | 'failed'
  sends: number
  dedupeKey: string
}

const COLUMNS = 'id, dedupe_key AS dedupeKey, grant_id AS grantId, phone_number AS phoneNumber, state, sends'
const messageById = (db: Db, messageId: number) =>
  sql(db, `SELECT ${COLUMNS} FROM messages WHERE id = ?`).get(messageId) as MessageRow | undefined

const grantOfMessage = (db: Db, { grantId }: MessageRow) => (grantId === null ? undefined : grantById(db, grantId))

/** How long an unknown outcome waits for the gateway's delivery report before the same text is sent once more. */
export const REPORT_WAIT_MS = 5 * 60_000

export type SendStart =
  | { outcome: 'send'; messageId: number }
  /** An earlier run may have sent it; look again in `waitMs`. */
  | { outcome: 'wait'; waitMs: number }
  | { outcome: 'settled' }

/** Writes "sending" before the gateway is called, so that a crash leaves a trace. */
export const startMessage = command(
  'messages.start',
  ({ db, nowMs }, { grantId, phoneNumber }: { grantId: string; phoneNumber: string }): SendStart => {
    const key = `sms:${grantId}:1`
    const { changes } = sql(
      db,
      `INSERT INTO messages (dedupe_key, grant_id, phone_number, state, updated_at_ms) VALUES (?, ?, ?, 'sending', ?) ON CONFLICT DO NOTHING`,
    ).run(key, grantId, phoneNumber, nowMs)
    const message = sql(db, `SELECT ${COLUMNS}, updated_at_ms AS updatedAtMs FROM messages WHERE dedupe_key = ?`).get(
      key,
    ) as MessageRow & {
      updatedAtMs: number
    }
    if (changes > 0) return { outcome: 'send', messageId: message.id }
    if (message.state === 'sending') {
      sql(db, "UPDATE messages SET state = 'uncertain', updated_at_ms = ? WHERE id = ?").run(nowMs, message.id)
      return { outcome: 'wait', waitMs: REPORT_WAIT_MS }
    }
    if (message.state !== 'uncertain') return { outcome: 'settled' }
    const waitMs = message.updatedAtMs + REPORT_WAIT_MS - nowMs
    if (waitMs > 0) return { outcome: 'wait', waitMs }
    if (message.sends >= 2) return { outcome: 'settled' }
    sql(db, "UPDATE messages SET state = 'sending', sends = sends + 1, updated_at_ms = ? WHERE id = ?").run(
      nowMs,
      message.id,
    )
    return { outcome: 'send', messageId: message.id }
  },
)

export type SendResult =
  | { outcome: 'accepted'; providerId: string }
  | { outcome: 'refused'; detail: string }
  | { outcome: 'lost'; detail: string }
  /** Nothing left this box: it counts as never tried. */
  | { outcome: 'unsent' }

export const recordMessage = command(
  'messages.record',
  (
    { db, journal, nowMs },
    { messageId, result, phoneMasked }: { messageId: number; result: SendResult; phoneMasked: string },
  ) => {
    const message = messageById(db, messageId)
    const grant = message && grantOfMessage(db, message)
    if (!grant || message.state !== 'sending') return
    const set = (state: MessageRow['state'], providerId: string | null, detail: string | null) =>
      sql(db, 'UPDATE messages SET state = ?, provider_id = ?, detail = ?, updated_at_ms = ? WHERE id = ?').run(
        state,
        providerId,
        detail,
        nowMs,
        messageId,
      )
    switch (result.outcome) {
      case 'accepted':
        set('sent', result.providerId, null)
        journal.record('credentials.sent', { ...causeOf(grant), phoneMasked })
        return
      case 'refused':
        set('failed', null, result.detail)
        journal.record('credentials.failed', { ...causeOf(grant), phoneMasked, reason: result.detail })
        return
      case 'lost':
        set('uncertain', null, result.detail)
        return
      case 'unsent':
        if (message.sends === 1) sql(db, 'DELETE FROM messages WHERE id = ?').run(messageId)
        else {
          sql(db, 'UPDATE messages SET sends = sends - 1 WHERE id = ?').run(messageId)
          set('uncertain', null, null)
        }
    }
  },
)

export interface DeliveryReport {
  providerId: string
  /** `2547...` */
  phoneNumber: string | null
  status: 'delivered' | 'failed'
  detail: string | null
  phoneMasked: string
}

/** A report settles the message it names, or the one message to that phone whose outcome we do not know. */
export const recordDelivery = command('messages.record-delivery', (context, report: DeliveryReport) => {
  const { db, journal, nowMs } = context
  const message = (sql(db, `SELECT ${COLUMNS} FROM messages WHERE provider_id = ?`).get(report.providerId) ??
    sql(
      db,
      `SELECT ${COLUMNS} FROM messages WHERE phone_number = ? AND state IN ('sending', 'uncertain') ORDER BY id DESC LIMIT 1`,
    ).get(report.phoneNumber)) as MessageRow | undefined
  if (!message) return 'unknown'
  // Reports come twice and out of order; what has arrived has arrived.
  if (message.state === report.status || message.state === 'delivered') return 'recorded'
  sql(db, 'UPDATE messages SET state = ?, provider_id = ?, detail = ?, updated_at_ms = ? WHERE id = ?').run(
    report.status,
    report.providerId,
    report.detail,
    nowMs,
    message.id,
  )
  const wasInDoubt = message.state === 'sending' || message.state === 'uncertain'
  const noticeId = noticeIdOfKey(message.dedupeKey)
  if (noticeId !== undefined) {
    if (report.status === 'delivered' && wasInDoubt) noteNoticeSent(context, noticeId, report.phoneMasked)
    return 'recorded'
  }
  const grant = grantOfMessage(db, message)
  if (!grant) return 'recorded'
  if (report.status === 'failed') {
    journal.record('credentials.failed', {
      ...causeOf(grant),
      phoneMasked: report.phoneMasked,
      reason: report.detail ?? 'not delivered',
    })
  } else if (wasInDoubt) {
    journal.record('credentials.sent', { ...causeOf(grant), phoneMasked: report.phoneMasked })
  }
  return 'recorded'
})

export const messageCommands = [startMessage, recordMessage, recordDelivery]
