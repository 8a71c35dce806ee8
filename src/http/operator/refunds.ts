import { Hono } from 'hono'
import { z } from 'zod'
import { type RefundRow, recentRefunds, refundById } from '../../billing/refund-table.ts'
import { decideOnRefund, type RefundOutcome, recordRefundResult } from '../../billing/refunds.ts'
import type { House } from '../house.ts'
import { invalidInput, problem } from '../problem.ts'
import { readJson } from '../read-body.ts'
import type { Guards } from './guard.ts'
import { pageAsked, pageOf, timeCursor } from './page.ts'

export const reason = z.string().trim().min(1).max(200)

const decisionBody = z.strictObject({ approve: z.boolean() })
const resultBody = z.strictObject({
  result: z.enum(['done', 'failed', 'lost', 'not-done']),
  method: z.enum(['reversal', 'b2c', 'manual']).default('manual'),
  reference: z.string().trim().min(1).max(40).optional(),
})

/** Money on its way back. Who may move money out does it in M-PESA's own portal and says here what came of it. */
export function refundsApi({ store, db, config }: House, { viewer, admin, audited }: Guards): Hono {
  const app = new Hono()
  const view = (row: RefundRow) => ({
    refund_id: row.id,
    payment_id: row.paymentId,
    amount_cents: row.amountCents,
    currency: config.site.currency,
    state: row.state,
    reason: row.reason,
    requested_by: row.requestedBy,
    requested_at: new Date(row.requestedAtMs).toISOString(),
    decided_by: row.decidedBy,
    reference: row.reference,
    ended_at: row.endedAtMs === null ? null : new Date(row.endedAtMs).toISOString(),
  })

  app.get('/api/refunds', viewer, (c) => {
    const { limit, cursor } = pageAsked(c)
    const after = timeCursor(cursor)
    const rows = recentRefunds(db, limit + 1, after && { requestedAtMs: after.atMs, id: after.id })
    return c.json(pageOf(rows, limit, view, (row) => `${row.requestedAtMs}.${row.id}`))
  })

  app.post('/api/refunds/:id/decision', admin, async (c) => {
    const body = decisionBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const refundId = c.req.param('id')
    const outcome = await store.run(decideOnRefund, { refundId, approve: body.data.approve, by: c.get('actor').name })
    requireDecided(outcome)
    await audited(c, `refund.${outcome}`, `refund ${refundId}`)
    return c.json(view(refundById(db, refundId) as RefundRow))
  })

  app.post('/api/refunds/:id/result', admin, async (c) => {
    const body = resultBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const refundId = c.req.param('id')
    const { result, method, reference = null } = body.data
    const outcome = await store.run(recordRefundResult, {
      refundId,
      result,
      method,
      reference,
      by: c.get('actor').name,
    })
    if (outcome === 'unknown') throw unknownRefund()
    if (outcome === 'not-filed') throw problem(409, 'refund-not-filed', 'This refund waits for approval, or is over.')
    await audited(c, 'refund.result', `refund ${refundId}: ${result}`)
    return c.json(view(refundById(db, refundId) as RefundRow))
  })

  return app
}

/** The answer to a request for a refund, or the problem with it. */
export function answerRefund(outcome: RefundOutcome): { refund_id: string; state: 'sent' | 'requested' } {
  switch (outcome.outcome) {
    case 'filed':
      return { refund_id: outcome.refundId, state: 'sent' }
    case 'waits-for-approval':
      return { refund_id: outcome.refundId, state: 'requested' }
    case 'unknown':
      throw problem(404, 'payment-unknown', 'There is no such payment.')
    case 'nothing-to-refund':
      throw problem(
        409,
        'nothing-to-refund',
        'There is no money here that could be given back; with several receipts, name one.',
      )
    case 'already-refunding':
      throw problem(409, 'already-refunding', 'This money is being given back already.')
  }
}

export function requireDecided(outcome: 'filed' | 'refused' | 'unknown' | 'not-waiting' | 'same-person'): void {
  if (outcome === 'unknown') throw unknownRefund()
  if (outcome === 'not-waiting') throw problem(409, 'refund-not-waiting', 'This refund waits for nobody’s approval.')
  if (outcome === 'same-person') throw problem(403, 'same-person', 'Another person must decide on this refund.')
}

const unknownRefund = () => problem(404, 'refund-unknown', 'There is no such refund.')
