import { Hono } from 'hono'
import { z } from 'zod'
import { historyOf, type PaymentRow, paymentById, recentPayments } from '../../billing/payment-table.ts'
import { enqueueJob } from '../../flow/queue-commands.ts'
import { call } from '../call.ts'
import type { House } from '../house.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'
import { paymentForOperator, paymentOfDesk } from '../payment-status.ts'
import { unknownPayment } from '../payments.ts'
import type { Guards } from './guard.ts'
import { pageAnswer, pageOf, pageQuery, timeCursor, wholeList } from './page.ts'

const paymentMove = z.object({
  event: z.string(),
  from: z.string(),
  to: z.string(),
  detail: z.string(),
  at: isoTimeField,
})

/** Payments as the operator sees them: all of them, and how each came to its state. */
export function paymentDeskApi({ store, db, clock }: House, { viewer, admin, audited }: Guards): Hono {
  const app = new Hono()

  const view = (payment: PaymentRow) => paymentForOperator(db, clock, payment)

  const list = call({
    does: 'Every payment, newest first.',
    query: pageQuery,
    answers: { 200: pageAnswer(paymentOfDesk) },
  })
  app.get('/api/payments', viewer, list, (c) => {
    const { limit, cursor } = c.var.query
    const after = timeCursor(cursor)
    const rows = recentPayments(db, limit + 1, after && { createdAtMs: after.atMs, id: after.id })
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
    const jobId = await store.run(enqueueJob, { name: 'reconcile-payments', payload: { paymentId: payment.id } })
    await audited(c, 'payment.reconcile', `payment ${payment.id}`)
    return c.json({ job_id: jobId }, 202)
  })

  return app
}
