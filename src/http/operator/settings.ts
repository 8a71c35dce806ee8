import { Hono } from 'hono'
import type { House } from '../house.ts'
import { smsDeliverySecret } from '../sms-delivery.ts'
import type { Guards } from './guard.ts'

/** What this site is, and the addresses that others are told. */
export function settingsApi(house: House, { admin }: Guards): Hono {
  const { config, site } = house
  const app = new Hono()
  app.get('/api/settings', admin, (c) => {
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
