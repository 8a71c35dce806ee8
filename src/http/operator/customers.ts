import { Hono } from 'hono'
import { z } from 'zod'
import { type CustomerRow, recentCustomers } from '../../access/customer-table.ts'
import { addCustomer } from '../../access/customers.ts'
import { openSubscriptionsOf } from '../../access/subscription-table.ts'
import { maskPhoneNumber } from '../../billing/phone-number.ts'
import { phoneNumberField } from '../fields.ts'
import type { House } from '../house.ts'
import { invalidInput, problem } from '../problem.ts'
import { readJson } from '../read-body.ts'
import type { Guards } from './guard.ts'
import { idCursor, pageAsked, pageOf } from './page.ts'

export const customerFields = {
  phone_number: phoneNumberField,
  name: z.string().trim().max(100).optional(),
}
const customerBody = z.strictObject(customerFields)

/** Who pays here regularly. A customer's number is shown in full: the desk calls them. */
export function customersApi({ store, db }: House, { cashier, audited }: Guards): Hono {
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

  app.get('/api/customers', cashier, (c) => {
    const { limit, cursor } = pageAsked(c)
    const rows = recentCustomers(db, limit + 1, idCursor(cursor))
    return c.json(pageOf(rows, limit, customerView, (row) => String(row.id)))
  })

  app.post('/api/customers', cashier, async (c) => {
    const body = customerBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const { phone_number: phoneNumber, name = '' } = body.data
    const outcome = await store.run(addCustomer, { phoneNumber, name })
    if (outcome.outcome === 'phone-taken') {
      const errors = [{ field: 'phone_number', message: 'is a customer already' }]
      throw problem(409, 'phone-taken', 'phone_number: is a customer already', errors)
    }
    await audited(c, 'customer.add', `customer ${outcome.customer.id}, ${maskPhoneNumber(phoneNumber)}`)
    return c.json(customerView(outcome.customer), 201)
  })

  return app
}
