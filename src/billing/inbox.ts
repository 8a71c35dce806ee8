import { asError } from '../errors.ts'
import type { CommandContext } from '../flow/command.ts'
import { type Db, sql } from '../store/database.ts'

/** Where messages about money lie as they came: a prompt's callbacks, and all others. */
export type Inbox = 'callback' | 'money'

/** Our own code failed at the message. It is kept all the same, since M-PESA tells once, and weighed again later. */
export const NOT_WEIGHED = 'not-weighed'

/** It came in a crowd. It is kept, and weighed when the crowd has been answered. */
export const WAITING = 'waiting'

/** What the message comes to. What fails leaves nothing behind, and does not keep the message from being stored. */
export function weighed<Outcome>(context: CommandContext, weigh: () => Outcome): Outcome | typeof NOT_WEIGHED {
  const { db, log } = context
  sql(db, 'SAVEPOINT weighing').run()
  try {
    const outcome = weigh()
    sql(db, 'RELEASE weighing').run()
    return outcome
  } catch (thrown) {
    // A full disk or one that fails has ended everything: then nothing is stored, and the sender must hear of it.
    if (!db.inTransaction) throw thrown
    sql(db, 'ROLLBACK TO weighing').run()
    sql(db, 'RELEASE weighing').run()
    log.error({ err: asError(thrown) }, 'a message about money could not be weighed and is kept: this is a bug')
    return NOT_WEIGHED
  }
}

interface NewMessage {
  body: string
  bodySha256: Buffer
  /** The sender's address, or who entered it. */
  source: string
  outcome: string
}

/** Every callback on a valid token is kept as it came; a repeat is counted. */
export function keepCallback(context: CommandContext, attemptId: number, message: NewMessage): void {
  keep(
    context,
    'callback',
    `INSERT INTO callback_inbox (attempt_id, body_sha256, body, source_address, received_at_ms, outcome)
     VALUES (:about, :bodySha256, :body, :source, :nowMs, :outcome) ON CONFLICT (attempt_id, body_sha256)`,
    { about: attemptId, ...message },
  )
}

export function keepMoneyMessage(context: CommandContext, channel: string, message: NewMessage): void {
  keep(
    context,
    'money',
    `INSERT INTO money_inbox (channel, body_sha256, body, source, received_at_ms, outcome)
     VALUES (:about, :bodySha256, :body, :source, :nowMs, :outcome) ON CONFLICT (channel, body_sha256)`,
    { about: channel, ...message },
  )
}

function keep(
  { db, nowMs, journal }: CommandContext,
  inbox: Inbox,
  insert: string,
  message: NewMessage & { about: number | string },
): void {
  const messageId = sql(
    db,
    `${insert} DO UPDATE SET repeats = repeats + 1,
       outcome = CASE WHEN outcome IN ('${NOT_WEIGHED}', '${WAITING}') THEN excluded.outcome ELSE outcome END RETURNING id`,
  )
    .pluck()
    .get({ ...message, nowMs }) as number
  if (message.outcome === NOT_WEIGHED) journal.record('money.not_weighed', { inbox, messageId })
}

/** The first callbacks of a crowd, as they came. */
export const waitingCallbacks = (db: Db, limit: number): { messageId: number; body: string }[] =>
  sql(db, `SELECT id AS messageId, body FROM callback_inbox WHERE outcome = '${WAITING}' ORDER BY id LIMIT ?`).all(
    limit,
  ) as { messageId: number; body: string }[]

/** A message that waits to be weighed again, as it came; empty once it was forgotten. */
export function unweighedBody(db: Db, inbox: Inbox, messageId: number): string | undefined {
  return sql(db, `SELECT body FROM ${inbox}_inbox WHERE id = ? AND outcome = '${NOT_WEIGHED}'`)
    .pluck()
    .get(messageId) as string | undefined
}

export function noteWeighed({ db, journal }: CommandContext, inbox: Inbox, messageId: number, outcome: string): void {
  sql(db, `UPDATE ${inbox}_inbox SET outcome = ? WHERE id = ?`).run(outcome, messageId)
  if (outcome === NOT_WEIGHED) journal.record('money.not_weighed', { inbox, messageId })
}
