import { Hono } from 'hono'
import * as z from 'zod'
import { type CustomerRow, recentCustomers } from '../../access/customer-table.ts'
import { addCustomer } from '../../access/customers.ts'
import { subscriptionStates } from '../../access/subscription-states.ts'
import { openSubscriptionsOf } from '../../access/subscription-table.ts'
import { maskPhoneNumber } from '../../billing/phone-number.ts'
import { call } from '../call.ts'
import { lineField, phoneNumberField } from '../fields.ts'
import type { House } from '../house.ts'
import { isoTimeField } from '../iso-time.ts'
import { problem } from '../problem.ts'
import type { Guards } from './guard.ts'
import { idCursor, pageAnswer, pageOf, pageQuery } from './page.ts'

export const customerFields = {
  phone_number: phoneNumberField,
  name: lineField.max(100).optional(),
}
const customerBody = z.strictObject(customerFields)

const customerAnswer = z.object({
  id: z.int(),
  phone_number: z.string(),
  name: z.string(),
  subscriptions: z.array(z.object({ id: z.string(), account_number: z.string(), state: z.enum(subscriptionStates) })),
  created_at: isoTimeField,
})

/** Who pays here regularly. A customer's number is shown in full: the desk calls them. */
export function customersApi({ db }: House, { cashier, act }: Guards): Hono {
  const app = new Hono()

  const customerView = (customer: CustomerRow) => ({
    id: customer.id,
    phone_number: `+${customer.phoneNumber}`,
    name: customer.name,
    subscriptions: openSubscriptionsOf(db, customer.id).map(({ id, accountNumber, state }) => ({
      id,
      account_number: accountNumber,
      state,
    })),
    created_at: new Date(customer.createdAtMs).toISOString(),
  })

  const list = call({
    does: 'Customers, newest first.',
    query: pageQuery,
    answers: { 200: pageAnswer(customerAnswer) },
  })
  app.get('/api/customers', cashier, list, (c) => {
    const { limit, cursor } = c.var.query
    const rows = recentCustomers(db, limit + 1, idCursor(cursor))
    return c.json(pageOf(rows, limit, customerView, (row) => String(row.id)))
  })

  const add = call({ does: 'Adds a customer.', body: customerBody, answers: { 201: customerAnswer } })
  app.post('/api/customers', cashier, add, async (c) => {
    const { phone_number: phoneNumber, name = '' } = c.var.body
    const subject = `${maskPhoneNumber(phoneNumber)}, customer`
    const note = { action: 'customer.add', subject, unless: ['phone-taken'], made: 'customer.id' } as const
    const outcome = await act(c, addCustomer, { phoneNumber, name }, note)
    if (outcome.outcome === 'phone-taken') {
      const errors = [{ field: 'phone_number', message: 'is a customer already' }]
      throw problem(409, 'phone-taken', 'phone_number: is a customer already', errors)
    }
    return c.json(customerView(outcome.customer), 201)
  })

  return app
}
