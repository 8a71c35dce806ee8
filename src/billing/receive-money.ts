import { createHash } from 'node:crypto'
import { type CommandContext, command } from '../flow/command.ts'
import { sql } from '../store/database.ts'
import { credit, type Money, setAside } from './credit.ts'
import { type MoneyMatch, matchMoney } from './match-money.ts'
import { isPaid } from './payment-states.ts'
import { bookReceipt } from './receipt-books.ts'
import { type Channel, completeReceipt, type Payer, receiptByNumber, receiptOfPayment } from './receipt-table.ts'

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

/** What the unguessable part of the C2B addresses is made of. */
export const C2B_TOKEN_TEXT = 'mpesa-c2b'

/** One more message about money; the same receipt counts once, whichever channels tell of it and in whatever order. */
export const receiveMoney = command('payments.receive-money', (context, message: MoneyMessage): MoneyOutcome => {
  const { report, channel } = message
  if (report.kind === 'malformed')
    context.log.warn({ channel, reason: report.reason }, 'a message about money could not be read')
  const bodySha256 = createHash('sha256').update(message.body).digest()
  const outcome = report.kind === 'malformed' ? 'malformed' : weigh(context, message, report, bodySha256)
  keep(context, message, bodySha256, outcome)
  return outcome
})

function weigh(
  context: CommandContext,
  { channel, source }: MoneyMessage,
  report: MoneyReport,
  bodySha256: Buffer,
): MoneyOutcome {
  const { db, nowMs, log } = context
  const known = receiptByNumber(db, report.receipt)
  if (known && known.amountCents !== report.amountCents) {
    log.error({ receipt: report.receipt, channel }, 'a receipt came again with another amount')
    return 'amount-differs'
  }
  if (known) completeReceipt(db, known.id, report)
  if (known && (known.paymentId ?? known.duplicateOf) !== null) return 'known'

  const match = matchMoney(db, { ...report, atMs: report.paidAtMs ?? nowMs })
  if (match) {
    const { payment } = match
    const undecided = !isPaid(payment.state) && payment.amountCents === report.amountCents
    if (known?.aboutPaymentId === payment.id && !undecided) return 'known'
    return settle(context, match, report, { channel, source, evidence: bodySha256.toString('hex') })
  }
  if (known) return 'known'
  keepUnallocated(context, report, channel)
  return 'unallocated'
}

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

function keep(
  { db, nowMs }: CommandContext,
  { channel, body, source }: MoneyMessage,
  bodySha256: Buffer,
  outcome: MoneyOutcome,
): void {
  sql(
    db,
    `INSERT INTO money_inbox (channel, body_sha256, body, source, received_at_ms, outcome) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (channel, body_sha256) DO UPDATE SET repeats = repeats + 1`,
  ).run(channel, bodySha256, body, source, nowMs, outcome)
}
