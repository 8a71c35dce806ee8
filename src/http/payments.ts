import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { PaymentPurpose } from '../billing/payment-purpose.ts'
import type { PaymentRow } from '../billing/payment-table.ts'
import { purchaseById } from '../billing/trials.ts'
import type { News } from '../flow/facts.ts'
import type { AskedDevice } from './access-status.ts'
import type { Buy } from './buy.ts'
import { call, eventStream } from './call.ts'
import { clientAddress } from './client-address.ts'
import { macAddressField, phoneNumberField } from './fields.ts'
import type { House } from './house.ts'
import { paymentAnswer, paymentForOperator, paymentOfDesk, paymentStatus } from './payment-status.ts'
import { paymentByToken, paymentUrls } from './payment-token.ts'
import { problem } from './problem.ts'
import type { StatusStreams } from './status-stream.ts'

const stkBody = z.strictObject({
  phone_number: phoneNumberField,
  package_id: z.int(),
  mac_address: macAddressField.optional(),
  router_id: z.int().optional(),
  /** Renews this subscription, whosever it is. */
  account_number: z.string().trim().max(12).optional(),
  /** Buys a voucher; its code goes to this phone. */
  voucher_for: phoneNumberField.optional(),
  pay_again: z.boolean().optional().meta({
    description:
      'The customer says that no M-PESA SMS came for the earlier request of this phone or device, of which nobody knows yet whether it was paid.',
  }),
})

const requestedAnswer = z.object({
  payment_id: z.string(),
  token: z.string(),
  status: z.string(),
  status_url: z.string(),
  events_url: z.string(),
})

const tokenQuery = z.object({ token: z.string().max(200).optional() })

const stkHeaders = z.object({
  'Idempotency-Key': z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, 'is 1 to 128 visible characters')
    .optional(),
})

interface PaymentDoors {
  buy: Buy
  streams: StatusStreams
  /** Operators see every payment without its token. */
  isOperator(context: Context): boolean
}

/** How programs buy, and follow what they bought. */
export function paymentsApi(house: House, { buy, streams, isOperator }: PaymentDoors): Hono {
  const { db, clock, config } = house
  const app = new Hono()

  const request = call({
    does: 'Asks for a payment by M-PESA and answers at once; what costs nothing is given at once, `paid`. With an Idempotency-Key a repeated request is the same payment.',
    headers: stkHeaders,
    body: stkBody,
    answers: { 202: requestedAnswer },
  })
  app.post('/api/payments/stk', request, async (c) => {
    const asked = c.var.body
    const purpose = purposeOf(asked)
    const wanted = {
      ...(purpose && { purpose }),
      phoneNumber: asked.phone_number,
      packageId: asked.package_id,
      macAddress: asked.mac_address ?? null,
      routerId: asked.router_id ?? null,
      clientKey: c.var.headers['Idempotency-Key'] ?? null,
    }
    const outcome = await buy(c, wanted, { payAgain: asked.pay_again ?? false, asksBack: false })
    switch (outcome.outcome) {
      case 'requested':
      case 'already-requested': {
        const { paymentId, token, state } = outcome
        const { statusUrl, eventsUrl } = paymentUrls(paymentId, token)
        const answer = {
          payment_id: paymentId,
          token,
          status: state.toLowerCase(),
          status_url: statusUrl,
          events_url: eventsUrl,
        }
        return c.json(answer, 202)
      }
      case 'unknown-package':
        throw badField('package_id', 'there is no such package on sale', 'unknown-package')
      case 'unknown-router':
        throw badField('router_id', 'there is no such router', 'unknown-router')
      case 'unknown-account':
        throw badField('account_number', 'there is no such account', 'unknown-account')
      case 'wrong-package':
        throw badField('package_id', 'does not fit this account', 'wrong-package')
      case 'phone-busy':
        throw problem(409, 'payment-pending', 'A payment request is already on its way to this phone. Answer it first.')
      case 'undecided':
        throw problem(
          409,
          'payment-undecided',
          outcome.earlier.state === 'REVIEW'
            ? 'The last payment of this phone or device has arrived, but something about it does not fit. Do not pay again: the staff look at it.'
            : 'Nobody knows yet whether the last payment of this phone or device was paid. Do not pay again, unless no M-PESA SMS came for it: then ask with pay_again.',
        )
      case 'trial-used':
        throw problem(409, 'trial-used', 'This phone or this device has already had this free package.')
      case 'trial-while-online':
        throw problem(
          409,
          'trial-while-online',
          'This device has access that still runs. Ask for the free package when it has ended.',
        )
      case 'trial-needs-device':
        throw badField(
          'mac_address',
          'a free package is given to one device; name it, and nobody else',
          'trial-needs-device',
        )
      case 'key-reused':
        throw problem(409, 'idempotency-key-reused', 'This Idempotency-Key was used for another purchase.')
      case 'mpesa-not-configured':
        throw problem(503, 'mpesa-not-configured', 'This site does not take M-PESA yet; use a voucher.')
      case 'too-many-tries':
        c.header('Retry-After', String(outcome.waitSeconds))
        throw problem(429, 'too-many-tries', `Too many payment requests. Wait ${outcome.waitSeconds} seconds.`)
    }
  })

  const status = call({
    does: 'A payment, for the one who holds its token, or for an operator.',
    query: tokenQuery,
    answers: { 200: z.union([paymentOfDesk, paymentAnswer]) },
  })
  app.get('/api/payments/:id', status, (c) => {
    const paymentId = c.req.param('id')
    const { token } = c.var.query
    const asOperator = token === undefined && isOperator(c)
    const payment = asOperator ? purchaseById(db, paymentId) : paymentByToken(house, paymentId, token ?? '')
    if (!payment) throw unknownPayment()
    if (asOperator) return c.json(paymentForOperator(db, clock, payment))
    return c.json(paymentStatus(db, clock, payment, buyersDevice(c, payment)))
  })

  const follow = call({
    does: 'The same as Server-Sent Events, `event: status`, whenever something has changed.',
    query: tokenQuery,
    answers: { 200: eventStream },
  })
  app.get('/api/payments/:id/events', follow, (c) => {
    const payment = paymentByToken(house, c.req.param('id'), c.var.query.token ?? '')
    if (!payment) throw unknownPayment()
    return streams(c, {
      subject: payment.id,
      isAbout: (entry) => isAboutPayment(entry, payment.id),
      read() {
        const now = purchaseById(db, payment.id)
        return now && paymentStatus(db, clock, now, buyersDevice(c, now))
      },
    })
  })

  const buyersDevice = (c: Context, { macAddress }: PaymentRow): AskedDevice => ({
    macAddress,
    ipAddress: clientAddress(c, config.http.trusted_proxies),
  })

  return app
}

/** What the payer said that it is for. Whether there is such an account is answered only to who may still ask for a payment. */
function purposeOf(asked: z.infer<typeof stkBody>): PaymentPurpose | undefined {
  const { account_number: accountNumber, voucher_for: voucherPhoneNumber } = asked
  if (accountNumber !== undefined && voucherPhoneNumber !== undefined) {
    throw badField('voucher_for', 'a payment is for an account or for a voucher')
  }
  if (voucherPhoneNumber !== undefined) return { voucherPhoneNumber }
  return accountNumber === undefined ? undefined : { accountNumber }
}

/** Facts of the purchase itself and of the access it bought. */
function isAboutPayment({ data }: News, paymentId: string): boolean {
  if ('paymentId' in data) return data.paymentId === paymentId
  return 'sourceId' in data && data.source === 'payment' && data.sourceId === paymentId
}

const badField = (field: string, message: string, code = 'invalid-input') =>
  problem(422, code, `${field}: ${message}`, [{ field, message }])

export const unknownPayment = () => problem(404, 'payment-unknown', 'There is no such payment.')
