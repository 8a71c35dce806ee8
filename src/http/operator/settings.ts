import { Hono } from 'hono'
import * as z from 'zod'
import { type Config, metaOf, withoutSecrets } from '../../config.ts'
import { sections } from '../../config-keys.ts'
import { MlangoError } from '../../errors.ts'
import { changeSettings, type StoredSettings, storedSettings, withChanges } from '../../settings/stored-settings.ts'
import { call } from '../call.ts'
import type { House } from '../house.ts'
import { problem } from '../problem.ts'
import { smsDeliverySecret } from '../sms-delivery.ts'
import { smsTextAnswer, smsTextFields, smsTexts } from '../sms-texts.ts'
import type { Guards } from './guard.ts'

/** What can be set from here. The rest is the machine's own business, and stands in the file. */
const settable = {
  site: sections.site.omit({ id: true, currency: true }).shape,
  mpesa: sections.mpesa.shape,
  sms: sections.sms.shape,
  cloud: sections.cloud.shape,
  outages: sections.outages.shape,
}
type Section = keyof typeof settable

const settingAnswer = z.object({
  section: z.string(),
  key: z.string(),
  value: z.unknown().meta({ description: 'As it will be at the next start; never a secret.' }),
  is_set: z.boolean(),
  secret: z.boolean(),
  fixed: z.boolean().meta({ description: 'File or environment say it, and win.' }),
  allowed: z.string(),
})

const settingsAnswer = z.object({
  site_id: z.string(),
  site_name: z.string(),
  time_zone: z.string(),
  currency: z.string(),
  portal_url: z.string(),
  sms_delivery_url: z.string().meta({ description: 'For the SMS gateway’s dashboard.' }),
  mpesa: z.boolean(),
  sms: z.string(),
  cloud: z.boolean(),
  restart_needed: z.boolean().meta({ description: 'Something was changed that holds from the next start.' }),
  settings: z.array(settingAnswer),
  sms_texts: z.array(smsTextAnswer),
})

/** null takes a setting back to what file and environment say. */
const changeBody = z.strictObject({
  site: z.strictObject(nullable(settable.site)).optional(),
  mpesa: z.strictObject(nullable(settable.mpesa)).optional(),
  sms: z.strictObject(nullable(settable.sms)).optional(),
  cloud: z.strictObject(nullable(settable.cloud)).optional(),
  outages: z.strictObject(nullable(settable.outages)).optional(),
  sms_texts: z.strictObject(smsTextFields).optional(),
})

/** What this site is, the addresses that others are told, and what can be set without the file. */
export function settingsApi(house: House, { admin, act }: Guards): Hono {
  const { config, source, site, db } = house
  const app = new Hono()

  /** As the next start will read it; what does not fit any more is left out then. */
  const nextConfig = (): Config => {
    try {
      return source.read(storedSettings(db))
    } catch (thrown) {
      if (!(thrown instanceof MlangoError)) throw thrown
      return source.read({})
    }
  }

  const view = (): z.infer<typeof settingsAnswer> => {
    const publicUrl = (config.mpesa.callback_base_url ?? house.portalUrl).replace(/\/$/, '')
    const next = nextConfig()
    return {
      site_id: site.id,
      site_name: config.site.name,
      time_zone: config.site.timezone,
      currency: config.site.currency,
      portal_url: house.portalUrl,
      sms_delivery_url: `${publicUrl}/api/sms/delivery/${smsDeliverySecret(site)}`,
      mpesa: config.mpesa.consumer_key !== undefined,
      sms: config.sms.provider,
      cloud: config.cloud.url !== undefined,
      restart_needed: JSON.stringify(next) !== JSON.stringify(config),
      sms_texts: smsTexts(db),
      settings: (Object.keys(settable) as Section[]).flatMap((section) =>
        Object.keys(settable[section]).map((key) => settingView(next, section, key)),
      ),
    }
  }

  function settingView(next: Config, section: Section, key: string): z.infer<typeof settingAnswer> {
    const { allowed, secret } = metaOf(section, key)
    const value = (withoutSecrets(next)[section] as Record<string, unknown>)[key]
    return {
      section,
      key,
      value: secret || value === undefined ? null : value,
      is_set: value !== undefined,
      secret,
      fixed: source.isFixed(section, key),
      allowed,
    }
  }

  const read = call({
    does: 'What this site is, the addresses that others are told, and what can be set.',
    answers: { 200: settingsAnswer },
  })
  app.get('/api/settings', admin, read, (c) => c.json(view()))

  const change = call({
    does: 'Changes settings, by section and key; null takes one back. They hold from the next start of the daemon, SMS texts from the next message.',
    body: changeBody,
    answers: { 200: settingsAnswer },
  })
  app.patch('/api/settings', admin, change, async (c) => {
    const changes = c.var.body as StoredSettings
    const names = Object.entries(changes).flatMap(([section, values]) =>
      Object.keys(values).map((key) => ({ section, key, field: `${section}.${key}` })),
    )
    const fixed = names.filter(({ section, key }) => source.isFixed(section, key))
    if (fixed.length > 0) {
      const errors = fixed.map(({ field }) => ({ field, message: 'is set in the file or the environment, which win' }))
      throw problem(409, 'setting-fixed', `${errors[0]?.field}: ${errors[0]?.message}`, errors)
    }
    try {
      // As a whole: some settings need each other.
      source.read(withChanges(storedSettings(db), changes))
    } catch (thrown) {
      if (!(thrown instanceof MlangoError)) throw thrown
      throw problem(422, 'invalid-input', thrown.message, [{ field: '(body)', message: thrown.message }])
    }
    const subject = names.map(({ field }) => field).join(', ')
    await act(c, changeSettings, { changes }, { action: 'settings.change', subject })
    return c.json(view())
  })

  return app
}

/** The fields without their defaults: what is left out of a change stays as it is. */
function nullable(shape: Record<string, z.ZodType>): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(shape).map(([key, schema]) => {
      let inner = schema
      while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault) inner = inner.unwrap() as z.ZodType
      return [key, inner.nullable().optional()]
    }),
  )
}
