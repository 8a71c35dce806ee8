import { Hono } from 'hono'
import * as z from 'zod'
import { type RefundRow, recentRefunds, refundById } from '../../billing/refund-table.ts'
import { decideOnRefund, type RefundDecision, type RefundOutcome, recordRefundResult } from '../../billing/refunds.ts'
import { call } from '../call.ts'
import { lineField } from '../fields.ts'
import type { House } from '../house.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'
import { problem } from '../problem.ts'
import type { Actor, Guards } from './guard.ts'
import { pageAnswer, pageOf, pageQuery, timeCursor } from './page.ts'

export const reason = lineField.min(1).max(200)

const decisionBody = z.strictObject({ approve: z.boolean() })
const resultBody = z.strictObject({
  result: z.enum(['done', 'failed', 'lost', 'not-done']),
  method: z.enum(['reversal', 'b2c', 'manual']).default('manual'),
  reference: lineField.min(1).max(64).optional(),
  detail: lineField.min(1).max(200).optional(),
})

const refundAnswer = z.object({
  refund_id: z.string(),
  payment_id: z.string().nullable(),
  receipt: z.string().nullable(),
  amount_cents: z.int(),
  currency: z.string(),
  state: z.enum(['requested', 'sent', 'uncertain', 'done', 'refused', 'failed']),
  reason: z.string(),
  requested_by: z.string(),
  requested_at: isoTimeField,
  decided_by: z.string().nullable(),
  reference: z.string().nullable(),
  detail: z.string().nullable(),
  ended_at: isoTimeField.nullable(),
})

/** Of a call that asks for a refund: filed at once, or waiting for another person. */
export const refundFiled = z.object({ refund_id: z.string(), state: z.enum(['sent', 'requested']) })

/** Money on its way back. Who may move money out does it in M-PESA's own portal and says here what came of it. */
export function refundsApi({ db, config }: House, { viewer, admin, act }: Guards): Hono {
  const app = new Hono()
  const view = (row: RefundRow) => ({
    refund_id: row.id,
    payment_id: row.paymentId,
    receipt: row.receipt,
    amount_cents: row.amountCents,
    currency: config.site.currency,
    state: row.state,
    reason: row.reason,
    requested_by: row.requestedBy,
    requested_at: isoTime(row.requestedAtMs),
    decided_by: row.decidedBy,
    reference: row.reference,
    detail: row.detail,
    ended_at: isoTime(row.endedAtMs),
  })

  const list = call({
    does: 'Every refund, newest first.',
    query: pageQuery,
    answers: { 200: pageAnswer(refundAnswer) },
  })
  app.get('/api/refunds', viewer, list, (c) => {
    const { limit, cursor } = c.var.query
    const after = timeCursor(cursor)
    const rows = recentRefunds(db, limit + 1, after && { requestedAtMs: after.atMs, id: after.id })
    return c.json(pageOf(rows, limit, view, (row) => `${row.requestedAtMs}.${row.id}`))
  })

  const decide = call({
    does: 'The second person’s word on a refund above the limit.',
    body: decisionBody,
    answers: { 200: refundAnswer },
  })
  app.post('/api/refunds/:id/decision', admin, decide, async (c) => {
    const refundId = c.req.param('id')
    const { approve } = c.var.body
    const outcome = await act(
      c,
      decideOnRefund,
      { refundId, approve, ...personOf(c.get('actor')) },
      {
        action: approve ? 'refund.filed' : 'refund.refused',
        subject: `refund ${refundId}`,
        unless: ['unknown', 'not-waiting', 'same-person', 'needs-operator'],
      },
    )
    requireDecided(outcome)
    return c.json(view(refundById(db, refundId) as RefundRow))
  })

  const tell = call({
    does: 'What came of giving the money back in M-PESA’s own portal.',
    body: resultBody,
    answers: { 200: refundAnswer },
  })
  app.post('/api/refunds/:id/result', admin, tell, async (c) => {
    const refundId = c.req.param('id')
    const { result, method, reference = null, detail = null } = c.var.body
    const told = { refundId, result, method, reference, detail, by: c.get('actor').name }
    const subject = `refund ${refundId}: ${result}`
    const unless = ['unknown', 'not-filed', 'not-lost'] as const
    const outcome = await act(c, recordRefundResult, told, { action: 'refund.result', subject, unless })
    const refund = refundById(db, refundId)
    if (!refund || outcome === 'unknown') throw unknownRefund()
    if (outcome !== 'recorded') throw untold(outcome, refund)
    return c.json(view(refund))
  })

  return app
}

/** Outcomes of such a request that change nothing. */
export const REFUND_REFUSALS = ['unknown', 'nothing-to-refund', 'already-refunding', 'needs-operator'] as const

/** Who asks or decides. Of those who have signed in it is known that they are two persons; of tokens it is not. */
export const personOf = ({ name, by }: Actor) => ({ by: name, isOperator: by === 'cookie' })

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
    case 'needs-operator':
      throw operatorNeeded()
  }
}

export function requireDecided(outcome: RefundDecision): void {
  if (outcome === 'unknown') throw unknownRefund()
  if (outcome === 'not-waiting') throw problem(409, 'refund-not-waiting', 'This refund waits for nobody’s approval.')
  if (outcome === 'same-person') throw problem(403, 'same-person', 'Another person must decide on this refund.')
  if (outcome === 'needs-operator') throw operatorNeeded()
}

const operatorNeeded = () =>
  problem(
    403,
    'operator-needed',
    'This refund needs two persons: one operator who has signed in asks for it, and another decides. A token or the command line is nobody.',
  )

/** What was told of a refund does not fit it. */
function untold(outcome: 'not-filed' | 'not-lost', { state }: RefundRow) {
  if (outcome === 'not-lost')
    return problem(
      409,
      'refund-not-lost',
      'This refund is `sent`: it is still to be done, and nobody has called it `lost`. Say `done` when the money is back, `failed` to drop it.',
    )
  const why = state === 'requested' ? 'waits for approval' : `is over: \`${state}\``
  return problem(409, 'refund-not-filed', `This refund ${why}.`)
}

const unknownRefund = () => problem(404, 'refund-unknown', 'There is no such refund.')
