import { createHash } from 'node:crypto'
import { type CommandContext, command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { credit, type Money, setAside } from './credit.ts'
import { keepMoneyMessage, NOT_WEIGHED, noteWeighed, weighed } from './inbox.ts'
import { type MoneyMatch, matchMoney } from './match-money.ts'
import { isPaid } from './payment-states.ts'
import { bookReceipt } from './receipt-books.ts'
import {
  type Channel,
  completeReceipt,
  confirmReceipt,
  type Payer,
  type ReceiptRow,
  receiptByNumber,
  receiptOfPayment,
} from './receipt-table.ts'

/** Money that somebody other than a prompt's callback tells of: C2B, the pull, a statement, an operator. */
export interface MoneyReport {
  kind: 'money'
  receipt: string
  amountCents: number
  /** What the payer typed as the account, or a push's own reference. */
  billReference: string | null
  payer: Payer
  paidAtMs: number | null
}

export interface MoneyMessage {
  channel: Extract<Channel, 'c2b' | 'pull' | 'statement' | 'manual'>
  report: MoneyReport | { kind: 'malformed'; reason: string }
  /** As it came. */
  body: string
  /** The sender's address, or who entered it. */
  source: string
}

export type MoneyOutcome =
  /** A purchase was paid with it. */
  | 'paid'
  /** It is about a purchase, and something does not fit. */
  | 'review'
  /** It stands on its own: whose it is will turn out. */
  | 'unallocated'
  /** Heard before. */
  | 'known'
  /** Heard before with another amount: one of the two is wrong. */
  | 'amount-differs'
  | 'malformed'
  /** Kept, and weighed later: our own code failed. */
  | typeof NOT_WEIGHED

/** What the unguessable part of the C2B addresses is made of. */
export const C2B_TOKEN_TEXT = 'mpesa-c2b'

/** One more message about money; the same receipt counts once, whichever channels tell of it and in whatever order. */
export const receiveMoney = command('payments.receive-money', (context, message: MoneyMessage): MoneyOutcome => {
  const { channel, body, source } = message
  const bodySha256 = createHash('sha256').update(body).digest()
  const take = () => weigh(context, message, bodySha256)
  // Of these M-PESA tells once. Lists come again, and who enters a receipt hears that it failed.
  const outcome = channel === 'c2b' ? weighed(context, take) : take()
  keepMoneyMessage(context, channel, { body, bodySha256, source, outcome })
  return outcome
})

/** One that was only kept, because our own code had failed at it. Throws when it still does. */
export const weighConfirmation = command(
  'payments.weigh-confirmation',
  (context, { messageId, report }: { messageId: number; report: MoneyMessage['report'] }) => {
    const { db } = context
    const kept = sql(db, 'SELECT source, body_sha256 AS bodySha256 FROM money_inbox WHERE id = ? AND outcome = ?').get(
      messageId,
      NOT_WEIGHED,
    ) as { source: string; bodySha256: Buffer } | undefined
    if (!kept) return
    noteWeighed(
      context,
      'money',
      messageId,
      weigh(context, { channel: 'c2b', source: kept.source, report }, kept.bodySha256),
    )
  },
)

function weigh(
  context: CommandContext,
  { channel, source, report }: Omit<MoneyMessage, 'body'>,
  bodySha256: Buffer,
): MoneyOutcome {
  const { db, nowMs, log } = context
  if (report.kind === 'malformed') {
    log.warn({ channel, reason: report.reason }, 'a message about money could not be read')
    return 'malformed'
  }
  const known = receiptByNumber(db, report.receipt)
  if (known && known.amountCents !== report.amountCents) {
    log.error({ receipt: report.receipt, channel }, 'a receipt came again with another amount')
    return 'amount-differs'
  }
  if (known) completeReceipt(db, known.id, report)
  if (known && channel !== 'manual') confirmReceipt(db, report, nowMs)
  if (known && (known.paymentId ?? known.duplicateOf) !== null) return 'known'

  const billReference = report.billReference ?? known?.billReference ?? null
  const match = matchMoney(db, { ...report, billReference, atMs: report.paidAtMs ?? nowMs })
  if (match) {
    const { payment } = match
    const undecided = !isPaid(payment.state) && payment.amountCents === report.amountCents
    if (known?.aboutPaymentId === payment.id && !undecided) return 'known'
    return settle(context, match, report, { channel, source, evidence: bodySha256.toString('hex') })
  }
  if (known) {
    if (tellsWhose(known, report)) context.queue.enqueue({ name: 'place-money', payload: { receiptId: known.id } })
    return 'known'
  }
  keepUnallocated(context, report, channel)
  return 'unallocated'
}

/** The first to tell of it did not name the account, or the payer. */
const tellsWhose = (known: ReceiptRow, { billReference, payer }: MoneyReport): boolean =>
  (known.billReference === null && billReference !== null) ||
  (known.payerPhone === null && known.payerSha256 === null && (payer.phone ?? payer.sha256) !== null)

function settle(
  context: CommandContext,
  { payment, attempt }: MoneyMatch,
  report: MoneyReport,
  { channel, source, evidence }: Pick<MoneyMessage, 'channel' | 'source'> & { evidence: string },
): MoneyOutcome {
  const { receipt, amountCents, billReference, payer, paidAtMs } = report
  const prompted = attempt?.checkoutRequestId ?? receiptOfPayment(context.db, payment.id)?.checkoutRequestId ?? null
  const money: Money = {
    channel,
    receipt,
    checkoutRequestId: prompted,
    amountCents,
    billReference,
    payer,
    paidAtMs,
    evidence,
  }
  // A second payment for what is paid already is nobody's purchase, whatever its amount.
  if (amountCents !== payment.amountCents && !isPaid(payment.state)) {
    return setAside(context, payment, money, 'wrong-amount') === 'review' ? 'review' : 'unallocated'
  }
  const outcome = credit(context, payment, attempt, money, channel === 'manual' ? { by: source } : {})
  if (outcome !== 'no-change') return outcome
  return receiptByNumber(context.db, receipt)?.paymentId === payment.id ? 'known' : 'unallocated'
}

function keepUnallocated(context: CommandContext, report: MoneyReport, channel: MoneyMessage['channel']): void {
  const { receipt, amountCents, billReference, payer, paidAtMs } = report
  const receiptId = bookReceipt(context, {
    ...{ receipt, channel, amountCents, billReference, payer, paidAtMs },
    ...{ checkoutRequestId: null, paymentId: null, aboutPaymentId: null },
  })
  context.journal.record('money.unallocated', {
    receiptId,
    receipt,
    channel,
    amountCents,
    billReference,
    phoneNumber: payer.phone,
  })
}

export const receiveMoneyCommands = [receiveMoney, weighConfirmation]
