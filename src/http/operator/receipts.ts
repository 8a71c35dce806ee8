import { Hono } from 'hono'
import * as z from 'zod'
import { type ReceiptRow, receiptByNumber, recentReceipts, UNKNOWN_PAYER } from '../../billing/receipt-table.ts'
import { receiveMoney } from '../../billing/receive-money.ts'
import { reconcileMoney } from '../../billing/reconcile-money.ts'
import { requestRefund } from '../../billing/refunds.ts'
import { assignReceipt } from '../../billing/walk-in.ts'
import { enqueueJob } from '../../flow/queue-commands.ts'
import { readBillReference } from '../../mpesa/c2b-body.ts'
import { readStatement } from '../../mpesa/statement.ts'
import { call } from '../call.ts'
import { macAddressField, phoneNumberField, timeField } from '../fields.ts'
import type { House } from '../house.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'
import { problem } from '../problem.ts'
import type { Guards } from './guard.ts'
import { idCursor, pageAnswer, pageOf, pageQuery } from './page.ts'
import { answerRefund, personOf, REFUND_REFUSALS, reason, refundFiled } from './refunds.ts'

const receiptNumber = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z0-9]{6,20}$/, 'is 6 to 20 letters and digits')

const manualBody = z.strictObject({
  receipt: receiptNumber,
  amount_cents: z.int().min(1).max(25_000_000),
  phone_number: phoneNumberField.optional(),
  bill_reference: z.string().max(40).optional(),
  paid_at: timeField.optional(),
  reason,
})

const assignBody = z
  .strictObject({
    package_id: z.int().optional(),
    payment_id: z.uuid().optional(),
    phone_number: phoneNumberField.optional(),
    mac_address: macAddressField.optional(),
    reason,
  })
  .refine(
    (body) => (body.package_id === undefined) !== (body.payment_id === undefined),
    'give package_id or payment_id',
  )

const refundBody = z.strictObject({ reason })
const listQuery = pageQuery.extend({ unallocated: z.enum(['true', 'false']).optional() })

const receiptAnswer = z.object({
  receipt: z.string().nullable(),
  amount_cents: z.int(),
  currency: z.string(),
  channel: z.string(),
  payment_id: z.string().nullable(),
  about_payment_id: z.string().nullable(),
  bill_reference: z.string().nullable(),
  payer: z.string().nullable(),
  paid_at: isoTimeField.nullable(),
  arrived_at: isoTimeField,
})
const enteredAnswer = receiptAnswer.extend({ outcome: z.enum(['paid', 'review', 'unallocated', 'known', 'malformed']) })
const comparedAnswer = z.object({
  lines: z.int(),
  left_out: z.int(),
  withdrawn: z.int(),
  matched: z.int(),
  missing_here: z.int(),
  missing_there: z.int(),
  amount_differs: z.int(),
  paid: z.int(),
  unallocated: z.int(),
  failed: z.int(),
})
const jobAnswer = z.object({ job_id: z.int() })

const ASSIGN_REFUSALS = [
  ...(['unknown-receipt', 'unknown-package', 'unknown-payment'] as const),
  ...(['already-used', 'not-whole-shillings', 'other-amount'] as const),
] as const

/** Money that came, by whichever way M-PESA told of it; what belongs to nobody yet, and what is told by hand or by statement. */
export function receiptsApi({ store, db, config }: House, { viewer, admin, act, noted }: Guards): Hono {
  const app = new Hono()
  const view = (row: ReceiptRow) => ({
    receipt: row.receipt,
    amount_cents: row.amountCents,
    currency: config.site.currency,
    channel: row.channel,
    payment_id: row.paymentId,
    about_payment_id: row.aboutPaymentId,
    bill_reference: row.billReference,
    payer:
      row.payerPhone === null ? row.payerMasked : `${row.payerPhone.slice(0, 6)} ***** ${row.payerPhone.slice(-3)}`,
    paid_at: isoTime(row.paidAtMs),
    arrived_at: isoTime(row.arrivedAtMs),
  })

  const list = call({
    does: 'Money that came, newest first; with `unallocated=true` what is nobody’s purchase.',
    query: listQuery,
    answers: { 200: pageAnswer(receiptAnswer) },
  })
  app.get('/api/receipts', viewer, list, (c) => {
    const { limit, cursor } = c.var.query
    const beforeId = idCursor(cursor)
    const unallocated = c.var.query.unallocated === 'true'
    const rows = recentReceipts(db, { unallocated, limit: limit + 1, ...(beforeId !== undefined && { beforeId }) })
    return c.json(pageOf(rows, limit, view, (row) => String(row.id)))
  })

  const enter = call({
    does: 'Enters a receipt that was seen in M-PESA’s own books.',
    body: manualBody,
    answers: { 201: enteredAnswer },
  })
  app.post('/api/receipts', admin, enter, async (c) => {
    const asked = c.var.body
    const message = {
      channel: 'manual' as const,
      source: c.get('actor').name,
      body: JSON.stringify(asked),
      report: {
        kind: 'money' as const,
        receipt: asked.receipt,
        amountCents: asked.amount_cents,
        billReference: readBillReference(asked.bill_reference),
        payer: { ...UNKNOWN_PAYER, phone: asked.phone_number ?? null },
        paidAtMs: asked.paid_at ?? null,
      },
    }
    const subject = `receipt ${asked.receipt}: ${asked.reason}`
    const outcome = await act(c, receiveMoney, message, {
      action: 'receipt.enter',
      subject,
      unless: ['amount-differs'],
    })
    if (outcome === 'amount-differs') throw problem(409, 'amount-differs', 'This receipt is known with another amount.')
    const row = receiptByNumber(db, asked.receipt)
    return c.json({ outcome, ...(row && view(row)) }, 201)
  })

  const compare = call({
    does: 'Holds M-PESA’s statement (text/csv) against what is known here, and settles what was missed.',
    answers: { 200: comparedAnswer },
  })
  app.post('/api/receipts/statement', admin, compare, async (c) => {
    const statement = readStatement(await c.req.text())
    if (!statement) {
      throw problem(422, 'invalid-input', 'This is no statement: no line names a receipt and an amount column.')
    }
    const { shortcode, till } = config.mpesa
    // What it lists is booked, and nothing that is booked is ever taken out again.
    if (
      statement.shortcode !== undefined &&
      shortcode !== undefined &&
      ![shortcode, till].includes(statement.shortcode)
    ) {
      throw problem(
        422,
        'other-shortcode',
        `This is the statement of ${statement.shortcode}, and the site's is ${till ?? shortcode}.`,
      )
    }
    if (statement.unclear) {
      const { receipt, amount } = statement.unclear
      throw problem(
        422,
        'invalid-input',
        `In the line of ${receipt || 'no receipt'} "${amount}" is no amount as M-PESA writes it (1,010.00): nothing of this file was booked.`,
      )
    }
    const source = c.get('actor').name
    // Many commits: each tells its source, and the whole was asked for whatever becomes of the rest.
    await noted(c, 'receipt.import', `${statement.rows.length} lines of a statement`)
    const { rows, out, balance } = statement
    const result = await reconcileMoney({ store, db }, { channel: 'statement', rows, out, balance, source })
    return c.json({
      lines: statement.rows.length,
      left_out: statement.leftOut,
      withdrawn: statement.out.length,
      matched: result.matched,
      missing_here: result.missingHere,
      missing_there: result.missingThere,
      amount_differs: result.amountDiffers,
      paid: result.outcomes.paid ?? 0,
      unallocated: result.outcomes.unallocated ?? 0,
      failed: result.failed,
    })
  })

  const register = call({
    does: 'Tells M-PESA, once per shortcode, where to report money that comes without a prompt.',
    answers: { 202: jobAnswer },
  })
  app.post('/api/mpesa/c2b/register', admin, register, async (c) => {
    if (config.mpesa.consumer_key === undefined) throw problem(409, 'mpesa-not-configured', 'Set up [mpesa] first.')
    const note = { action: 'mpesa.register-c2b', subject: 'job', made: '' } as const
    const jobId = await act(c, enqueueJob, { name: 'register-c2b-urls', payload: {} }, note)
    return c.json({ job_id: jobId }, 202)
  })

  const pull = call({ does: 'Looks into M-PESA’s own books now.', answers: { 202: jobAnswer } })
  app.post('/api/receipts/pull', admin, pull, async (c) => {
    if (!config.mpesa.pull) throw problem(409, 'pull-not-enabled', 'Set [mpesa] pull once Safaricom has enabled it.')
    const note = { action: 'receipt.pull', subject: 'job', made: '' } as const
    const jobId = await act(c, enqueueJob, { name: 'pull-transactions', payload: {} }, note)
    return c.json({ job_id: jobId }, 202)
  })

  const assign = call({
    does: 'Says whose money it is: sells a package for it, or pays a purchase with it.',
    body: assignBody,
    answers: { 200: z.object({ payment_id: z.string() }) },
  })
  app.post('/api/receipts/:receipt/assign', admin, assign, async (c) => {
    const receipt = c.req.param('receipt').toUpperCase()
    const assignment = {
      receipt,
      packageId: c.var.body.package_id ?? null,
      paymentId: c.var.body.payment_id ?? null,
      phoneNumber: c.var.body.phone_number ?? null,
      macAddress: c.var.body.mac_address ?? null,
      by: c.get('actor').name,
      reason: c.var.body.reason,
    }
    const outcome = await act(c, assignReceipt, assignment, {
      action: 'receipt.assign',
      subject: `receipt ${receipt}: ${assignment.reason}; to payment`,
      unless: ASSIGN_REFUSALS,
      made: 'paymentId',
    })
    switch (outcome.outcome) {
      case 'assigned':
        return c.json({ payment_id: outcome.paymentId })
      case 'unknown-receipt':
        throw unknownReceipt()
      case 'unknown-package':
        throw problem(422, 'unknown-package', 'package_id: there is no such package')
      case 'unknown-payment':
        throw problem(422, 'unknown-payment', 'payment_id: there is no such payment that waits for money')
      case 'already-used':
        throw problem(
          409,
          'receipt-used',
          'This money has been used, is being given back, or belongs to a payment in review.',
        )
      case 'other-amount':
        throw problem(
          409,
          'other-amount',
          'The payment asked for another amount; approve it there, or sell a package for it.',
        )
      case 'not-whole-shillings':
        throw problem(409, 'not-whole-shillings', 'This amount is no price; give it back.')
    }
  })

  const refund = call({
    does: 'Asks that money that is nobody’s purchase is given back.',
    body: refundBody,
    answers: { 202: refundFiled },
  })
  app.post('/api/receipts/:receipt/refund', admin, refund, async (c) => {
    const receipt = c.req.param('receipt').toUpperCase()
    if (!receiptByNumber(db, receipt)) throw unknownReceipt()
    const asked = {
      ...{ paymentId: null, receipt, reason: c.var.body.reason, ...personOf(c.get('actor')) },
      approvalAboveCents: config.mpesa.refund_approval_above_cents,
    }
    const subject = `receipt ${receipt}: ${asked.reason}`
    const outcome = await act(c, requestRefund, asked, { action: 'receipt.refund', subject, unless: REFUND_REFUSALS })
    const answer = answerRefund(outcome)
    return c.json(answer, 202)
  })

  return app
}

const unknownReceipt = () => problem(404, 'receipt-unknown', 'There is no such receipt.')
