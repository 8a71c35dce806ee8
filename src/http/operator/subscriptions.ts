import { randomUUIDv7 } from 'node:crypto'
import { Hono } from 'hono'
import * as z from 'zod'
import { grantById } from '../../access/grant-table.ts'
import {
  cancelSubscription,
  type DeskOutcome,
  extendSubscription,
  resumeSubscription,
  suspendSubscription,
} from '../../access/subscription-desk.ts'
import { subscriptionStates } from '../../access/subscription-states.ts'
import {
  recentSubscriptions,
  type SubscriptionRow,
  stepsOf,
  subscriptionById,
} from '../../access/subscription-table.ts'
import { createSubscription, setConnectionTerms } from '../../access/subscriptions.ts'
import { packageById } from '../../billing/package-table.ts'
import { orderTerms } from '../../billing/package-terms.ts'
import { routerById } from '../../routers/router-table.ts'
import { call } from '../call.ts'
import { lineField, timeField } from '../fields.ts'
import type { House } from '../house.ts'
import { isoTime, isoTimeField } from '../iso-time.ts'
import { problem } from '../problem.ts'
import { credential } from './credential.ts'
import { customerFields } from './customers.ts'
import type { Guards } from './guard.ts'
import { pageAnswer, pageOf, pageQuery, timeCursor } from './page.ts'
import { networkFields, networkOf, subscriptionAnswer, subscriptionView } from './subscription-view.ts'

const LONGEST_SECONDS = 366 * 86_400

const subscriptionBody = z
  .strictObject({
    customer: z.strictObject(customerFields),
    package_id: z.int(),
    username: credential.optional(),
    password: credential.optional(),
    router_id: z.int().optional(),
    starts_at: timeField.optional(),
    paid_until: timeField.optional(),
    network: networkFields.optional(),
  })
  .refine(({ starts_at: from, paid_until: until }) => from === undefined || until === undefined || from < until, {
    path: ['paid_until'],
    error: 'is over before the first day',
  })
const reason = lineField.min(1).max(200).default('by the desk')
const reasonBody = z.strictObject({ reason }).prefault({})
const extendBody = z
  .strictObject({
    reason,
    days: z.int().min(1).max(366).optional(),
    seconds: z.int().min(60).max(LONGEST_SECONDS).optional(),
  })
  .refine(({ days, seconds }) => (days === undefined) !== (seconds === undefined), {
    path: ['days'],
    error: 'give days or seconds',
  })
const listQuery = pageQuery.extend({
  state: z.enum(subscriptionStates).optional(),
  customer_id: z.coerce.number().int().optional(),
})

const stepAnswer = z.object({
  event: z.string(),
  from: z.enum(subscriptionStates),
  to: z.enum(subscriptionStates),
  paid_until: isoTimeField.nullable(),
  payment_id: z.string().nullable(),
  detail: z.string(),
  at: isoTimeField,
})

const REFUSALS = ['unknown', 'not-from-here'] as const

/** Standing orders for access, hotspot and PPPoE, and what the desk does with them. */
export function subscriptionsApi({ db }: House, { viewer, cashier, admin, act }: Guards): Hono {
  const app = new Hono()

  const list = call({
    does: 'Subscriptions, newest first.',
    query: listQuery,
    answers: { 200: pageAnswer(subscriptionAnswer) },
  })
  app.get('/api/subscriptions', viewer, list, (c) => {
    const { limit, cursor, state, customer_id: customerId } = c.var.query
    const after = timeCursor(cursor)
    const rows = recentSubscriptions(db, {
      limit: limit + 1,
      ...(state && { state }),
      ...(customerId !== undefined && { customerId }),
      ...(after && { before: { createdAtMs: after.atMs, id: after.id } }),
    })
    return c.json(
      pageOf(
        rows,
        limit,
        (row) => subscriptionView(db, row),
        (row) => `${row.createdAtMs}.${row.id}`,
      ),
    )
  })

  const show = call({
    does: 'One subscription, and how it came to its state.',
    answers: { 200: subscriptionAnswer.extend({ history: z.array(stepAnswer) }) },
  })
  app.get('/api/subscriptions/:id', viewer, show, (c) => {
    const row = subscriptionById(db, c.req.param('id'))
    if (!row) throw unknownSubscription()
    const history = stepsOf(db, row.id).map((step) => ({
      event: step.event.toLowerCase(),
      from: step.fromState,
      to: step.toState,
      paid_until: isoTime(step.paidUntilMs),
      payment_id: step.paymentId,
      detail: step.detail,
      at: isoTime(step.atMs),
    }))
    return c.json({ ...subscriptionView(db, row), history })
  })

  const create = call({
    does: 'Opens a subscription. Without `paid_until` its first payment connects it.',
    body: subscriptionBody,
    answers: { 201: subscriptionAnswer.extend({ password: z.string() }) },
  })
  app.post('/api/subscriptions', cashier, create, async (c) => {
    const asked = c.var.body
    const sold = packageById(db, asked.package_id)
    if (!sold) throw badField(422, 'package_id', 'there is no such package', 'unknown-package')
    if (asked.router_id !== undefined && !routerById(db, asked.router_id))
      throw badField(422, 'router_id', 'there is no such router', 'unknown-router')
    const { name } = asked.customer
    const subscriptionId = randomUUIDv7()
    const opening = {
      subscriptionId,
      customer: { phoneNumber: asked.customer.phone_number, ...(name !== undefined && { name }) },
      terms: { ...sold, packageId: sold.id, packageName: sold.name, ...orderTerms(db, sold.id) },
      routerId: asked.router_id ?? null,
      ...(asked.username !== undefined && { username: asked.username }),
      ...(asked.password !== undefined && { password: asked.password }),
      ...(asked.starts_at !== undefined && { startsAtMs: asked.starts_at }),
      ...(asked.paid_until !== undefined && { paidUntilMs: asked.paid_until }),
      ...(asked.network && { network: networkOf(asked.network) }),
    }
    const outcome = await act(c, createSubscription, opening, {
      action: 'subscription.create',
      subject: `subscription ${subscriptionId}, account`,
      unless: ['username-taken', 'address-taken'],
      made: 'subscription.accountNumber',
    })
    if (outcome.outcome === 'username-taken') throw badField(409, 'username', 'is taken', 'username-taken')
    if (outcome.outcome === 'address-taken') throw addressTaken('network.framed_ip_address')
    const { subscription } = outcome
    // The one time that the password is shown to somebody who is not the customer.
    const password = grantById(db, subscription.grantId)?.password
    return c.json({ ...subscriptionView(db, subscription), password }, 201)
  })

  const verbs = {
    suspend: {
      command: suspendSubscription,
      guard: cashier,
      does: 'Halts a subscription; its paid time stands still.',
    },
    resume: { command: resumeSubscription, guard: cashier, does: 'Goes on with the time that was left.' },
    cancel: { command: cancelSubscription, guard: admin, does: 'Ends a subscription for good.' },
  } as const
  for (const [verb, { command, guard, does }] of Object.entries(verbs)) {
    const described = call({ does, body: reasonBody, answers: { 200: subscriptionAnswer } })
    app.post(`/api/subscriptions/:id/${verb}`, guard, described, async (c) => {
      const { reason } = c.var.body
      const subscriptionId = c.req.param('id') ?? ''
      const note = { action: `subscription.${verb}`, subject: `subscription ${subscriptionId}: ${reason}` }
      const outcome = await act(c, command, { subscriptionId, reason }, { ...note, unless: REFUSALS })
      return c.json(subscriptionView(db, subscriptionOf(outcome)))
    })
  }

  const setNetwork = call({
    does: 'Sets address, pool, profile and lists of this connection alone; what is left out is as its package says. Who is online dials in anew.',
    body: networkFields,
    answers: { 200: subscriptionAnswer },
  })
  app.put('/api/subscriptions/:id/network', cashier, setNetwork, async (c) => {
    const subscriptionId = c.req.param('id')
    const note = { action: 'subscription.network', subject: `subscription ${subscriptionId}` }
    const outcome = await act(
      c,
      setConnectionTerms,
      { subscriptionId, network: networkOf(c.var.body) },
      { ...note, unless: ['unknown', 'address-taken'] },
    )
    if (outcome === 'address-taken') throw addressTaken('framed_ip_address')
    const row = subscriptionById(db, subscriptionId)
    if (outcome === 'unknown' || !row) throw unknownSubscription()
    return c.json(subscriptionView(db, row))
  })

  const extend = call({
    does: 'Gives a subscription time without a payment, after what is left.',
    body: extendBody,
    answers: { 200: subscriptionAnswer },
  })
  /** Time without a payment is a gift: an admin's to give. */
  app.post('/api/subscriptions/:id/extend', admin, extend, async (c) => {
    const { reason, days = 0, seconds = days * 86_400 } = c.var.body
    const subscriptionId = c.req.param('id')
    const subject = `subscription ${subscriptionId}: ${seconds} seconds, ${reason}`
    const note = { action: 'subscription.extend', subject, unless: REFUSALS }
    const outcome = await act(c, extendSubscription, { subscriptionId, reason, seconds }, note)
    return c.json(subscriptionView(db, subscriptionOf(outcome)))
  })

  return app
}

function subscriptionOf(outcome: DeskOutcome): SubscriptionRow {
  switch (outcome.outcome) {
    case 'done':
      return outcome.subscription
    case 'unknown':
      throw unknownSubscription()
    case 'not-from-here':
      throw problem(409, `subscription-${outcome.state}`, `This cannot be done: the subscription is ${outcome.state}.`)
  }
}

const unknownSubscription = () => problem(404, 'subscription-unknown', 'There is no such subscription.')

const badField = (status: 409 | 422, field: string, message: string, code: string) =>
  problem(status, code, `${field}: ${message}`, [{ field, message }])

const addressTaken = (field: string) => badField(409, field, 'another connection has it', 'address-taken')
