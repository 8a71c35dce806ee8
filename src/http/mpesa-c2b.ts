import { timingSafeEqual } from 'node:crypto'
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { C2B_TOKEN_TEXT, receiveMoney } from '../billing/receive-money.ts'
import { readC2bConfirmation } from '../mpesa/c2b-body.ts'
import { siteToken } from '../store/site.ts'
import { call } from './call.ts'
import { clientAddress } from './client-address.ts'
import type { House } from './house.ts'
import { problem } from './problem.ts'

const accepted = z.object({ ResultCode: z.union([z.string(), z.int()]), ResultDesc: z.string() })

/** Somebody has paid the paybill or till, with or without a prompt: on disk before the 200. */
export function mpesaC2bApi({ store, site, config, log }: House): Hono {
  const app = new Hono()
  const secret = Buffer.from(siteToken(site, C2B_TOKEN_TEXT))
  const requireSecret = (c: Context) => {
    const given = Buffer.from(c.req.param('secret') ?? '')
    if (given.length !== secret.length || !timingSafeEqual(given, secret)) {
      throw problem(404, 'unknown-token', 'There is no such callback address.')
    }
  }

  const confirm = call({
    does: 'M-PESA’s report of money that came by hand; stored before it is accepted.',
    answers: { 200: accepted },
  })
  app.post('/api/mpesa/c2b/:secret/confirmation', confirm, async (c) => {
    requireSecret(c)
    const body = await c.req.text()
    const source = clientAddress(c, config.http.trusted_proxies)
    const allowed = config.mpesa.callback_ip_allow
    if (allowed.length > 0 && !allowed.includes(source)) {
      log.warn({ sourceAddress: source }, 'a confirmation came from an address that is not listed')
    }
    await store.run(receiveMoney, { channel: 'c2b', report: readC2bConfirmation(body), body, source })
    return c.json({ ResultCode: 0, ResultDesc: 'Accepted' })
  })

  // Money that is refused here is lost as a sale; what nobody expects is kept and given to whoever it belongs to.
  const validate = call({ does: 'M-PESA asks whether it may take money; it always may.', answers: { 200: accepted } })
  app.post('/api/mpesa/c2b/:secret/validation', validate, (c) => {
    requireSecret(c)
    return c.json({ ResultCode: '0', ResultDesc: 'Accepted' })
  })
  return app
}
