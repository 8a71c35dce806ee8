import { Hono } from 'hono'
import * as z from 'zod'
import { type DecisionOutcome, decidePayment } from '../../billing/decide-payment.ts'
import { historyOf } from '../../billing/payment-history.ts'
import { PAYMENT_STATES } from '../../billing/payment-states.ts'
import { type PaymentRow, paymentById, recentPayments } from '../../billing/payment-table.ts'
import { requestRefund } from '../../billing/refunds.ts'
import { enqueueJob } from '../../flow/queue-commands.ts'
import { call } from '../call.ts'
import { phoneNumberField, receiptField, timeField } from '../fields.ts'
import type { House } from '../house.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'
import { paymentForOperator, paymentOfDesk } from '../payment-status.ts'
import { unknownPayment } from '../payments.ts'
import { problem } from '../problem.ts'
import type { Guards } from './guard.ts'
import { pageAnswer, pageOf, pageQuery, timeCursor, wholeList } from './page.ts'
import { answerRefund, personOf, REFUND_REFUSALS, reason, refundFiled, requireDecided } from './refunds.ts'

const paymentMove = z.object({
  event: z.string(),
  from: z.string(),
  to: z.string(),
  detail: z.string(),
  by: z.string(),
  evidence: z.string().nullable(),
  at: isoTimeField,
})

const stateNames = PAYMENT_STATES.map((state) => state.toLowerCase())
const stateNamed = (name: string | undefined) => PAYMENT_STATES.find((state) => state.toLowerCase() === name)

const listQuery = pageQuery.extend({
  state: z.enum(stateNames).optional(),
  phone_number: phoneNumberField.optional(),
  from: timeField.optional(),
  to: timeField.optional(),
})

const verdictBody = z.strictObject({ reason, receipt: receiptField.optional() })

/** With `refund_id` the decision is about that refund, without it about the payment's review. */
const decisionBody = verdictBody.extend({ refund_id: z.string().max(40).optional() })

const VERDICTS = {
  approve: 'Decides that a payment in review was paid; with `refund_id` agrees to that refund, which waits.',
  reject: 'Decides that nobody paid for a payment in review; with `refund_id` refuses that refund, which waits.',
}

const REFUSALS = [
  ...(['unknown', 'not-waiting', 'same-person'] as const),
  ...(['not-in-review', 'refund-waits', 'which-receipt', 'receipt-used', 'has-money', 'needs-operator'] as const),
] as const

/** Payments as the operator sees them: all of them, how each came to its state, and what a person may decide. */
export function paymentDeskApi({ db, clock, config }: House, { viewer, admin, act }: Guards): Hono {
  const app = new Hono()

  const view = (payment: PaymentRow) => paymentForOperator(db, clock, payment)

  const list = call({
    does: 'Payments, newest first: all, or those of a state, a phone, or a time (`to` itself not included).',
    query: listQuery,
    answers: { 200: pageAnswer(paymentOfDesk) },
  })
  app.get('/api/payments', viewer, list, (c) => {
    const { limit, cursor, state, phone_number: phoneNumber, from: fromMs, to: untilMs } = c.var.query
    const after = timeCursor(cursor)
    const before = after && { createdAtMs: after.atMs, id: after.id }
    const which = { state: stateNamed(state), phoneNumber, fromMs, untilMs }
    const rows = recentPayments(db, { ...which, before, limit: limit + 1 })
    return c.json(pageOf(rows, limit, view, (row) => `${row.createdAtMs}.${row.id}`))
  })

  const history = call({
    does: 'How a payment came to its state.',
    answers: { 200: pageAnswer(paymentMove) },
  })
  app.get('/api/payments/:id/history', viewer, history, (c) => {
    const payment = paymentById(db, c.req.param('id'))
    if (!payment) throw unknownPayment()
    const items = historyOf(db, payment.id).map((row) => ({
      event: row.event.toLowerCase(),
      from: row.fromState.toLowerCase(),
      to: row.toState.toLowerCase(),
      detail: row.detail,
      by: row.by,
      evidence: row.evidence,
      at: isoTime(row.atMs),
    }))
    return c.json(wholeList(items))
  })

  const reconcile = call({
    does: 'Asks M-PESA about a payment, now.',
    answers: { 202: z.object({ job_id: z.int() }) },
  })
  app.post('/api/payments/:id/reconcile', admin, reconcile, async (c) => {
    const payment = paymentById(db, c.req.param('id'))
    if (!payment) throw unknownPayment()
    const order = { name: 'reconcile-payments', payload: { paymentId: payment.id } }
    const jobId = await act(c, enqueueJob, order, { action: 'payment.reconcile', subject: `payment ${payment.id}` })
    return c.json({ job_id: jobId }, 202)
  })

  const refund = call({
    does: 'Asks that a payment is given back; what it bought ends when the refund is filed.',
    body: verdictBody,
    answers: { 202: refundFiled },
  })
  app.post('/api/payments/:id/refund', admin, refund, async (c) => {
    const paymentId = c.req.param('id')
    const { reason, receipt = null } = c.var.body
    const asked = {
      ...{ paymentId, receipt, reason, ...personOf(c.get('actor')) },
      approvalAboveCents: config.mpesa.refund_approval_above_cents,
    }
    const subject = `payment ${paymentId}: ${reason}`
    const outcome = await act(c, requestRefund, asked, { action: 'payment.refund', subject, unless: REFUND_REFUSALS })
    return c.json(answerRefund(outcome), 202)
  })

  /** A payment whose money contradicts itself, or a refund that waits for a second person. */
  for (const verb of ['approve', 'reject'] as const) {
    const decide = call({ does: VERDICTS[verb], body: decisionBody, answers: { 200: paymentOfDesk } })
    app.post(`/api/payments/:id/${verb}`, admin, decide, async (c) => {
      const paymentId = c.req.param('id')
      const { reason, receipt = null, refund_id: refundId = null } = c.var.body
      const approve = verb === 'approve'
      const decision = { paymentId, refundId, approve, receipt, reason, ...personOf(c.get('actor')) }
      const subject = `payment ${paymentId}: ${reason}`
      const decided = await act(c, decidePayment, decision, { action: `payment.${verb}`, subject, unless: REFUSALS })
      if (decided.about === 'refund') requireDecided(decided.outcome)
      else requireReviewed(decided.outcome)
      return c.json(view(paymentById(db, paymentId) as PaymentRow))
    })
  }

  return app
}

function requireReviewed(outcome: Extract<DecisionOutcome, { about: 'review' }>['outcome']): void {
  switch (outcome) {
    case 'approved':
    case 'rejected':
      return
    case 'unknown':
      throw unknownPayment()
    case 'not-in-review':
      throw problem(409, 'not-in-review', 'This payment is not in review.')
    case 'refund-waits':
      throw problem(
        409,
        'refund-waits',
        'A refund of this payment waits: send its refund_id to decide on it, or the receipt that pays the purchase.',
      )
    case 'which-receipt':
      throw problem(422, 'which-receipt', 'receipt: name the M-PESA receipt that pays this', [
        { field: 'receipt', message: 'name the M-PESA receipt that pays this' },
      ])
    case 'receipt-used':
      throw problem(409, 'receipt-used', 'This receipt has been used, or is being given back.')
    case 'has-money':
      throw problem(409, 'has-money', 'There is money behind this payment: approve it, or give the money back.')
  }
}
