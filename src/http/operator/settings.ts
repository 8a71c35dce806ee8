import { Hono } from 'hono'
import { z } from 'zod'
import { call } from '../call.ts'
import type { House } from '../house.ts'
import { smsDeliverySecret } from '../sms-delivery.ts'
import type { Guards } from './guard.ts'

const settingsAnswer = z.object({
  site_id: z.string(),
  site_name: z.string(),
  time_zone: z.string(),
  currency: z.string(),
  portal_url: z.string(),
  sms_delivery_url: z.string(),
  mpesa: z.boolean(),
  sms: z.string(),
  cloud: z.boolean(),
})

/** What this site is, and the addresses that others are told. */
export function settingsApi(house: House, { admin }: Guards): Hono {
  const { config, site } = house
  const app = new Hono()
  const read = call({
    does: 'What this site is, and the addresses that others are told.',
    answers: { 200: settingsAnswer },
  })
  app.get('/api/settings', admin, read, (c) => {
    const publicUrl = (config.mpesa.callback_base_url ?? house.portalUrl).replace(/\/$/, '')
    return c.json({
      site_id: site.id,
      site_name: config.site.name,
      time_zone: config.site.timezone,
      currency: config.site.currency,
      portal_url: house.portalUrl,
      // For the SMS gateway's dashboard.
      sms_delivery_url: `${publicUrl}/api/sms/delivery/${smsDeliverySecret(site)}`,
      mpesa: config.mpesa.consumer_key !== undefined,
      sms: config.sms.provider,
      cloud: config.cloud.url !== undefined,
    })
  })
  return app
}
