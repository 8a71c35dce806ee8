import { timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { z } from 'zod'
import { parseMacAddress } from '../access/mac-address.ts'
import { visiblePackages } from '../billing/package-table.ts'
import { type PaymentRow, paymentById } from '../billing/payment-table.ts'
import { parsePhoneNumber } from '../billing/phone-number.ts'
import { paymentTokenText, requestPayment } from '../billing/request-payment.ts'
import type { JournalEntry } from '../flow/events.ts'
import { siteToken } from '../store/site.ts'
import type { House } from './house.ts'
import { paymentStatus } from './payment-status.ts'
import { invalidInput, problem } from './problem.ts'
import { readJson } from './read-body.ts'
import { limitTries } from './tries.ts'

export const macAddressField = z
  .string()
  .transform((typed, context) => parseMacAddress(typed) ?? refuse(context, 'is not a MAC address like AA:BB:CC:DD:EE:FF'))

const phoneNumberField = z
  .string()
  .transform((typed, context) => parsePhoneNumber(typed) ?? refuse(context, 'is not a Kenyan mobile number like 0712 345 678'))

const stkBody = z.strictObject({
  phone_number: phoneNumberField,
  package_id: z.int(),
  mac_address: macAddressField.optional(),
  router_id: z.int().optional(),
})

const idempotencyKey = z.string().regex(/^[\x21-\x7e]{8,128}$/, 'Idempotency-Key is 8 to 128 visible characters')

/** Prompts cost the customer patience and us money: more per phone than this is not a customer. */
const PROMPTS = { most: 6, windowMs: 10 * 60_000 }

const STREAM_BEAT_MS = 15_000

/** What customers buy and how they follow it. */
export function paymentsApi(house: House): Hono {
  const { store, db, clock, config, site, facts } = house
  const prompts = limitTries({ ...PROMPTS, clock })
  const app = new Hono()

  app.get('/api/packages', (c) =>
    c.json(
      visiblePackages(db).map((row) => ({
        id: row.id,
        name: row.name,
        description: row.description,
        type: row.type,
        price_cents: row.priceCents,
        currency: row.currency,
        duration_seconds: row.durationSeconds,
        data_limit_bytes: row.dataLimitBytes,
        down_kbps: row.downKbps,
        up_kbps: row.upKbps,
        device_limit: row.deviceLimit,
      })),
    ),
  )

  app.post('/api/payments/stk', async (c) => {
    if (config.mpesa.consumer_key === undefined) throw problem(503, 'mpesa-not-configured', 'This site does not take M-PESA yet; use a voucher.')
    const body = stkBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const key = c.req.header('idempotency-key')
    if (key !== undefined && !idempotencyKey.safeParse(key).success) {
      throw problem(422, 'invalid-input', 'Idempotency-Key is 8 to 128 visible characters', [
        { field: 'Idempotency-Key', message: '8 to 128 visible characters' },
      ])
    }
    const outcome = await store.run(requestPayment, {
      phoneNumber: body.data.phone_number,
      packageId: body.data.package_id,
      macAddress: body.data.mac_address ?? null,
      routerId: body.data.router_id ?? null,
      clientKey: key ?? null,
    })
    switch (outcome.outcome) {
      case 'unknown-package':
        throw problem(422, 'unknown-package', 'package_id: there is no such package on sale', [
          { field: 'package_id', message: 'there is no such package on sale' },
        ])
      case 'unknown-router':
        throw problem(422, 'unknown-router', 'router_id: there is no such router', [{ field: 'router_id', message: 'there is no such router' }])
      case 'phone-busy':
        throw problem(409, 'payment-pending', 'A payment request is already on its way to this phone. Answer it first.')
      case 'key-reused':
        throw problem(409, 'idempotency-key-reused', 'This Idempotency-Key was used for another purchase.')
      default: {
        const { paymentId, token, state } = outcome
        const path = `/api/payments/${paymentId}`
        return c.json(
          {
            payment_id: paymentId,
            token,
            status: state.toLowerCase(),
            status_url: `${path}?token=${token}`,
            events_url: `${path}/events?token=${token}`,
          },
          202,
        )
      }
    }
  })

  /** Wrong token and unknown payment look the same. */
  const paymentFor = (paymentId: string, token: string): PaymentRow => {
    const expected = Buffer.from(siteToken(site, paymentTokenText(paymentId)))
    const given = Buffer.from(token)
    const payment = given.length === expected.length && timingSafeEqual(given, expected) ? paymentById(db, paymentId) : undefined
    if (!payment) throw problem(404, 'payment-unknown', 'There is no such payment.')
    return payment
  }

  app.get('/api/payments/:paymentId', (c) => {
    const payment = paymentFor(c.req.param('paymentId'), c.req.query('token') ?? '')
    return c.json(paymentStatus(db, clock, payment), 200, { 'Cache-Control': 'no-store' })
  })

  app.get('/api/payments/:paymentId/events', (c) => {
    const paymentId = c.req.param('paymentId')
    const token = c.req.query('token') ?? ''
    paymentFor(paymentId, token)
    c.header('Cache-Control', 'no-store')
    c.header('X-Accel-Buffering', 'no')
    return streamSSE(c, async (stream) => {
      // The state is sent whole each time, so a reader that comes back misses nothing.
      let lastSeq = 0
      const send = () =>
        stream.writeSSE({ event: 'status', id: String(lastSeq), data: JSON.stringify(paymentStatus(db, clock, paymentFor(paymentId, token))) })
      const stopListening = facts.subscribe((entry) => {
        if (!isAbout(entry, paymentId)) return
        lastSeq = entry.seq
        void send()
      })
      stream.onAbort(stopListening)
      await send()
      while (!stream.aborted) {
        await stream.sleep(STREAM_BEAT_MS)
        await stream.write(': beat\n\n')
      }
      stopListening()
    })
  })

  return app
}

/** Facts of the purchase itself and of the access it bought. */
function isAbout({ data }: JournalEntry, paymentId: string): boolean {
  return 'paymentId' in data ? data.paymentId === paymentId : 'sourceId' in data && data.source === 'payment' && data.sourceId === paymentId
}

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message })
  return z.NEVER
}
