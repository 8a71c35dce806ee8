import { randomUUIDv7 } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { customerById } from '../../access/customer-table.ts'
import { grantById } from '../../access/grant-table.ts'
import {
  cancelSubscription,
  type DeskOutcome,
  extendSubscription,
  resumeSubscription,
  suspendSubscription,
} from '../../access/subscription-desk.ts'
import { accessEndMs } from '../../access/subscription-right.ts'
import { subscriptionStates } from '../../access/subscription-states.ts'
import {
  recentSubscriptions,
  type SubscriptionRow,
  stepsOf,
  subscriptionById,
} from '../../access/subscription-table.ts'
import { createSubscription } from '../../access/subscriptions.ts'
import { packageById } from '../../billing/package-table.ts'
import { routerById } from '../../routers/router-table.ts'
import { timeField } from '../fields.ts'
import type { House } from '../house.ts'
import { invalidInput, problem } from '../problem.ts'
import { readJson } from '../read-body.ts'
import { credential } from './credential.ts'
import { customerFields } from './customers.ts'
import type { Guards, OperatorVariables } from './guard.ts'
import { pageAsked, pageOf, timeCursor } from './page.ts'

const subscriptionBody = z.strictObject({
  customer: z.strictObject(customerFields),
  package_id: z.int(),
  username: credential.optional(),
  password: credential.optional(),
  router_id: z.int().optional(),
  starts_at: timeField.optional(),
  paid_until: timeField.optional(),
})
const reason = z.string().trim().min(1).max(200).default('by the desk')
const reasonBody = z.strictObject({ reason })
const extendBody = z
  .strictObject({
    reason,
    days: z.int().min(1).max(366).optional(),
    seconds: z
      .int()
      .min(60)
      .max(366 * 86_400)
      .optional(),
  })
  .refine(({ days, seconds }) => (days === undefined) !== (seconds === undefined), {
    path: ['days'],
    error: 'give days or seconds',
  })
const listQuery = z.object({
  state: z.enum(subscriptionStates).optional(),
  customer_id: z.coerce.number().int().optional(),
})

/** Standing orders for access, hotspot and PPPoE, and what the desk does with them. */
export function subscriptionsApi({ store, db }: House, { viewer, cashier, admin, audited }: Guards): Hono {
  const app = new Hono()

  const subscriptionView = (row: SubscriptionRow) => {
    const grant = grantById(db, row.grantId)
    const customer = customerById(db, row.customerId)
    const sold = packageById(db, row.packageId)
    return {
      id: row.id,
      account_number: row.accountNumber,
      state: row.state,
      customer: { id: row.customerId, name: customer?.name ?? '' },
      package: { id: row.packageId, name: sold?.name ?? '', type: sold?.type ?? 'hotspot' },
      username: grant?.username ?? '',
      router_id: grant?.routerId ?? null,
      grant_id: row.grantId,
      starts_at: iso(row.startsAtMs),
      paid_until: iso(row.paidUntilMs),
      access_ends_at: row.paidUntilMs === null ? null : iso(accessEndMs(row)),
      grace_days: row.graceDays,
      suspended_at: iso(row.suspendedAtMs),
      disconnected_at: iso(row.disconnectedAtMs),
      disconnection_reason: row.disconnectionReason,
      created_at: iso(row.createdAtMs),
    }
  }

  app.get('/api/subscriptions', viewer, (c) => {
    const { limit, cursor } = pageAsked(c)
    const asked = listQuery.safeParse({ state: c.req.query('state'), customer_id: c.req.query('customer_id') })
    if (!asked.success) throw invalidInput(asked.error)
    const after = timeCursor(cursor)
    const rows = recentSubscriptions(db, {
      limit: limit + 1,
      ...(asked.data.state && { state: asked.data.state }),
      ...(asked.data.customer_id !== undefined && { customerId: asked.data.customer_id }),
      ...(after && { before: { createdAtMs: after.atMs, id: after.id } }),
    })
    return c.json(pageOf(rows, limit, subscriptionView, (row) => `${row.createdAtMs}.${row.id}`))
  })

  app.get('/api/subscriptions/:id', viewer, (c) => {
    const row = subscriptionById(db, c.req.param('id'))
    if (!row) throw unknownSubscription()
    const history = stepsOf(db, row.id).map((step) => ({
      event: step.event.toLowerCase(),
      from: step.fromState,
      to: step.toState,
      paid_until: iso(step.paidUntilMs),
      payment_id: step.paymentId,
      detail: step.detail,
      at: iso(step.atMs),
    }))
    return c.json({ ...subscriptionView(row), history })
  })

  app.post('/api/subscriptions', cashier, async (c) => {
    const body = subscriptionBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const asked = body.data
    const sold = packageById(db, asked.package_id)
    if (!sold) throw badField(422, 'package_id', 'there is no such package', 'unknown-package')
    if (asked.router_id !== undefined && !routerById(db, asked.router_id))
      throw badField(422, 'router_id', 'there is no such router', 'unknown-router')
    const { name } = asked.customer
    const outcome = await store.run(createSubscription, {
      subscriptionId: randomUUIDv7(),
      customer: { phoneNumber: asked.customer.phone_number, ...(name !== undefined && { name }) },
      terms: { ...sold, packageId: sold.id, packageName: sold.name },
      routerId: asked.router_id ?? null,
      ...(asked.username !== undefined && { username: asked.username }),
      ...(asked.password !== undefined && { password: asked.password }),
      ...(asked.starts_at !== undefined && { startsAtMs: asked.starts_at }),
      ...(asked.paid_until !== undefined && { paidUntilMs: asked.paid_until }),
    })
    if (outcome.outcome === 'username-taken') throw badField(409, 'username', 'is taken', 'username-taken')
    const { subscription } = outcome
    await audited(c, 'subscription.create', `subscription ${subscription.id}, account ${subscription.accountNumber}`)
    // The one time that the password is shown to somebody who is not the customer.
    const password = grantById(db, subscription.grantId)?.password
    return c.json({ ...subscriptionView(subscription), password }, 201)
  })

  async function answer(c: Context<{ Variables: OperatorVariables }>, verb: string, why: string, outcome: DeskOutcome) {
    if (outcome.outcome === 'unknown') throw unknownSubscription()
    if (outcome.outcome === 'not-from-here') {
      throw problem(409, `subscription-${outcome.state}`, `This cannot be done: the subscription is ${outcome.state}.`)
    }
    await audited(c, `subscription.${verb}`, `subscription ${outcome.subscription.id}: ${why}`)
    return c.json(subscriptionView(outcome.subscription))
  }

  const verbs = { suspend: suspendSubscription, resume: resumeSubscription, cancel: cancelSubscription } as const
  for (const [verb, command] of Object.entries(verbs)) {
    app.post(`/api/subscriptions/:id/${verb}`, verb === 'cancel' ? admin : cashier, async (c) => {
      const { reason: why } = await readReason(c)
      const outcome = await store.run(command, { subscriptionId: c.req.param('id') ?? '', reason: why })
      return answer(c, verb, why, outcome)
    })
  }

  /** Time without a payment is a gift: an admin's to give. */
  app.post('/api/subscriptions/:id/extend', admin, async (c) => {
    const body = extendBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const { reason: why, days = 0, seconds = days * 86_400 } = body.data
    const outcome = await store.run(extendSubscription, { subscriptionId: c.req.param('id'), reason: why, seconds })
    return answer(c, 'extend', `${seconds} seconds, ${why}`, outcome)
  })

  return app
}

async function readReason(c: Context): Promise<{ reason: string }> {
  const empty = c.req.header('content-length') === '0' || c.req.raw.body === null
  const body = reasonBody.safeParse(empty ? {} : await readJson(c))
  if (!body.success) throw invalidInput(body.error)
  return body.data
}

const unknownSubscription = () => problem(404, 'subscription-unknown', 'There is no such subscription.')

const badField = (status: 409 | 422, field: string, message: string, code: string) =>
  problem(status, code, `${field}: ${message}`, [{ field, message }])

const iso = (atMs: number | null) => (atMs === null ? null : new Date(atMs).toISOString())
