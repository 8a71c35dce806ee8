import { Hono } from 'hono'
import * as z from 'zod'
import { type ReceiptRow, receiptByNumber, recentReceipts, UNKNOWN_PAYER } from '../../billing/receipt-table.ts'
import { receiveMoney } from '../../billing/receive-money.ts'
import { requestRefund } from '../../billing/refunds.ts'
import { assignReceipt } from '../../billing/walk-in.ts'
import { readBillReference } from '../../mpesa/c2b-body.ts'
import { call } from '../call.ts'
import { macAddressField, phoneNumberField, receiptField, timeField } from '../fields.ts'
import type { House } from '../house.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'
import { problem } from '../problem.ts'
import type { Guards } from './guard.ts'
import { idCursor, pageAnswer, pageOf, pageQuery } from './page.ts'
import { answerRefund, personOf, REFUND_REFUSALS, reason, refundFiled } from './refunds.ts'

const manualBody = z.strictObject({
  receipt: receiptField,
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
const ASSIGN_REFUSALS = [
  ...(['unknown-receipt', 'unknown-package', 'unknown-payment'] as const),
  ...(['already-used', 'not-whole-shillings', 'other-amount'] as const),
] as const

/** Money that came, by whichever way M-PESA told of it; what belongs to nobody yet, and what is entered by hand. */
export function receiptsApi({ db, config }: House, { viewer, admin, act }: Guards): Hono {
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
