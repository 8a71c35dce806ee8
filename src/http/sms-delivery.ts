import { timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'
import { recordDelivery } from '../access/messages.ts'
import { maskPhoneNumber } from '../billing/phone-number.ts'
import { REPORT_TOKEN_TEXT, readDeliveryReport } from '../sms/delivery-report.ts'
import { type Site, siteToken } from '../store/site.ts'
import { call } from './call.ts'
import type { House } from './house.ts'
import { problem } from './problem.ts'

/** Part of the address that the gateway is told to report to. */
export const smsDeliverySecret = (site: Site): string => siteToken(site, REPORT_TOKEN_TEXT)

/** The SMS gateway says what became of a message. */
export function smsDeliveryApi({ store, site }: House): Hono {
  const app = new Hono()
  const secret = Buffer.from(smsDeliverySecret(site))
  const receive = call({
    does: 'A delivery report of the SMS gateway, as its form. The address stands in the settings.',
    answers: { 204: null },
  })
  app.post('/api/sms/delivery/:secret', receive, async (c) => {
    const given = Buffer.from(c.req.param('secret'))
    if (given.length !== secret.length || !timingSafeEqual(given, secret)) {
      throw problem(404, 'unknown-token', 'There is no such report address.')
    }
    const report = readDeliveryReport(await c.req.text())
    if (report !== undefined) {
      await store.run(recordDelivery, { ...report, phoneMasked: maskPhoneNumber(report.phoneNumber ?? '') })
    }
    return c.body(null, 204)
  })
  return app
}
