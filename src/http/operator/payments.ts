import { Hono } from 'hono'
import { historyOf, type PaymentRow, paymentById, recentPayments } from '../../billing/payment-table.ts'
import { enqueueJob } from '../../flow/queue-commands.ts'
import type { House } from '../house.ts'
import { paymentForOperator } from '../payment-status.ts'
import { unknownPayment } from '../payments.ts'
import type { Guards } from './guard.ts'
import { pageAsked, pageOf, timeCursor } from './page.ts'

/** Payments as the operator sees them: all of them, and how each came to its state. */
export function paymentDeskApi({ store, db, clock }: House, { viewer, admin, audited }: Guards): Hono {
  const app = new Hono()

  const view = (payment: PaymentRow) => paymentForOperator(db, clock, payment)

  app.get('/api/payments', viewer, (c) => {
    const { limit, cursor } = pageAsked(c)
    const after = timeCursor(cursor)
    const rows = recentPayments(db, limit + 1, after && { createdAtMs: after.atMs, id: after.id })
    return c.json(pageOf(rows, limit, view, (row) => `${row.createdAtMs}.${row.id}`))
  })

  app.get('/api/payments/:id/history', viewer, (c) => {
    const payment = paymentById(db, c.req.param('id'))
    if (!payment) throw unknownPayment()
    const items = historyOf(db, payment.id).map((row) => ({
      event: row.event.toLowerCase(),
      from: row.fromState.toLowerCase(),
      to: row.toState.toLowerCase(),
      detail: row.detail,
      at: new Date(row.atMs).toISOString(),
    }))
    return c.json({ items, next_cursor: null })
  })

  /** Asks M-PESA again, now. */
  app.post('/api/payments/:id/reconcile', admin, async (c) => {
    const payment = paymentById(db, c.req.param('id'))
    if (!payment) throw unknownPayment()
    const jobId = await store.run(enqueueJob, { name: 'reconcile-payments', payload: { paymentId: payment.id } })
    await audited(c, 'payment.reconcile', `payment ${payment.id}`)
    return c.json({ job_id: jobId }, 202)
  })

  return app
}
