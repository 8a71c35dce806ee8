import { Hono } from 'hono'
import * as z from 'zod'
import { type NewPackage, packageById } from '../../billing/package-table.ts'
import { type PackageTerms, setPackageTerms, termsOfPackage } from '../../billing/package-terms.ts'
import { addPackage, changePackage, type PackageChange, removePackage } from '../../billing/packages.ts'
import { call } from '../call.ts'
import { lineField, timeField } from '../fields.ts'
import type { House } from '../house.ts'
import { packageForOperator, packageOfDesk } from '../package-view.ts'
import { problem } from '../problem.ts'
import { saleHoursField, saleHoursOf } from '../sale-hours-field.ts'
import type { Guards } from './guard.ts'
import { idInPath } from './page.ts'
import { routerTermsFields, routerTermsOf, routerTermsView } from './router-terms.ts'

const LONGEST_SECONDS = 366 * 86_400

const fields = {
  name: lineField.min(1).max(64),
  description: z.string().trim().max(500),
  /** 0: given once to each phone and device. */
  price_cents: z.int().min(0).max(25_000_000).multipleOf(100, 'M-PESA takes whole shillings'),
  duration_seconds: z.int().min(1).max(LONGEST_SECONDS),
  /** From the first use on, paused or not. */
  valid_seconds: z.int().min(1).max(LONGEST_SECONDS).nullable(),
  data_limit_bytes: z.int().min(1_000_000).nullable(),
  down_kbps: z.int().min(64).max(10_000_000).nullable(),
  up_kbps: z.int().min(64).max(10_000_000).nullable(),
  device_limit: z.int().min(1).max(50),
  hidden: z.boolean(),
  grace_days: z.int().min(0).max(60),
  scheduled_activation_at: timeField.nullable(),
  scheduled_deactivation_at: timeField.nullable(),
  sale_hours: saleHoursField.nullable(),
}

const packageBody = z.strictObject({
  ...fields,
  description: fields.description.default(''),
  type: z.enum(['hotspot', 'pppoe']).default('hotspot'),
  valid_seconds: fields.valid_seconds.optional(),
  data_limit_bytes: fields.data_limit_bytes.optional(),
  down_kbps: fields.down_kbps.optional(),
  up_kbps: fields.up_kbps.optional(),
  device_limit: fields.device_limit.default(1),
  hidden: fields.hidden.default(false),
  grace_days: fields.grace_days.default(3),
  scheduled_activation_at: fields.scheduled_activation_at.optional(),
  scheduled_deactivation_at: fields.scheduled_deactivation_at.optional(),
  sale_hours: fields.sale_hours.optional(),
})

const changeBody = z.strictObject({ ...fields, active: z.boolean() }).partial()

const speed = z.int().min(64).max(10_000_000).nullable().default(null)
const seconds = z.int().min(1).max(86_400).nullable().default(null)

const termsBody = z
  .strictObject({
    pausable: z.boolean().default(false),
    pauses_offline: z.boolean().default(false),
    burst_down_kbps: speed,
    burst_up_kbps: speed,
    burst_seconds: seconds,
    idle_timeout_seconds: seconds,
    fair_use_bytes: z.int().min(1_000_000).nullable().default(null),
    fair_use_down_kbps: speed,
    fair_use_up_kbps: speed,
    ...routerTermsFields,
  })
  .refine(
    (terms) => terms.fair_use_bytes === null || terms.fair_use_down_kbps !== null || terms.fair_use_up_kbps !== null,
    'fair_use_bytes needs fair_use_down_kbps or fair_use_up_kbps',
  )

const termsView = (terms: PackageTerms): z.infer<typeof termsBody> => ({
  pausable: terms.pausable,
  pauses_offline: terms.pausesOffline,
  burst_down_kbps: terms.burstDownKbps,
  burst_up_kbps: terms.burstUpKbps,
  burst_seconds: terms.burstSeconds,
  idle_timeout_seconds: terms.idleTimeoutSeconds,
  fair_use_bytes: terms.fairUseBytes,
  fair_use_down_kbps: terms.fairUseDownKbps,
  fair_use_up_kbps: terms.fairUseUpKbps,
  ...routerTermsView(terms),
})

/** What is sold. The list is the customers' own (`GET /api/packages`). What somebody has bought stays as it was sold. */
export function packagesApi({ db, config }: House, { viewer, admin, act }: Guards): Hono {
  const app = new Hono()

  const add = call({ does: 'Puts a package on sale.', body: packageBody, answers: { 201: packageOfDesk } })
  app.post('/api/packages', admin, add, async (c) => {
    const asked = c.var.body
    const offer: NewPackage = {
      name: asked.name,
      description: asked.description,
      type: asked.type,
      priceCents: asked.price_cents,
      currency: config.site.currency,
      durationSeconds: asked.duration_seconds,
      validSeconds: asked.valid_seconds ?? null,
      dataLimitBytes: asked.data_limit_bytes ?? null,
      downKbps: asked.down_kbps ?? null,
      upKbps: asked.up_kbps ?? null,
      deviceLimit: asked.device_limit,
      hidden: asked.hidden ? 1 : 0,
      graceDays: asked.grace_days,
      scheduledActivationAtMs: asked.scheduled_activation_at ?? null,
      scheduledDeactivationAtMs: asked.scheduled_deactivation_at ?? null,
      ...saleHoursOf(asked.sale_hours),
    }
    const note = {
      action: 'package.add',
      subject: 'package',
      unless: ['name-taken', 'only-hotspot-free', 'valid-too-short'],
      made: 'row.id',
    } as const
    const outcome = await act(c, addPackage, offer, note)
    if (outcome.outcome !== 'added') throw refusals[outcome.outcome]()
    return c.json(packageForOperator(outcome.row), 201)
  })

  const change = call({
    does: 'Changes a package, or takes it off sale (`active`: false). What was bought stays as it was sold.',
    body: changeBody,
    answers: { 200: packageOfDesk },
  })
  app.patch('/api/packages/:id', admin, change, async (c) => {
    const packageId = idInPath(c, 'package')
    const asked = c.var.body
    const change: PackageChange = {
      name: asked.name,
      description: asked.description,
      priceCents: asked.price_cents,
      durationSeconds: asked.duration_seconds,
      validSeconds: asked.valid_seconds,
      dataLimitBytes: asked.data_limit_bytes,
      downKbps: asked.down_kbps,
      upKbps: asked.up_kbps,
      deviceLimit: asked.device_limit,
      hidden: flag(asked.hidden),
      active: flag(asked.active),
      graceDays: asked.grace_days,
      scheduledActivationAtMs: asked.scheduled_activation_at,
      scheduledDeactivationAtMs: asked.scheduled_deactivation_at,
      ...saleHoursOf(asked.sale_hours),
    }
    const subject = `package ${packageId}: ${Object.keys(asked).join(', ')}`
    const unless = ['unknown', 'name-taken', 'only-hotspot-free', 'valid-too-short'] as const
    const outcome = await act(c, changePackage, { packageId, change }, { action: 'package.change', subject, unless })
    if (outcome.outcome !== 'changed') throw refusals[outcome.outcome]()
    return c.json(packageForOperator(outcome.row))
  })

  const terms = call({ does: 'What a package says beyond time, data and speed.', answers: { 200: termsBody } })
  app.get('/api/packages/:id/terms', viewer, terms, (c) => {
    const packageId = idInPath(c, 'package')
    if (!packageById(db, packageId)) throw unknownPackage()
    return c.json(termsView(termsOfPackage(db, packageId)))
  })

  const setTerms = call({
    does: 'Sets pausing, burst, idle time-out, fair use, and what of the router’s own (pool, profile, list) a package gives, for what is sold from now on; what is left out is none.',
    body: termsBody,
    answers: { 200: termsBody },
  })
  app.put('/api/packages/:id/terms', admin, setTerms, async (c) => {
    const packageId = idInPath(c, 'package')
    const asked = c.var.body
    const terms = {
      pausable: asked.pausable,
      pausesOffline: asked.pauses_offline,
      burstDownKbps: asked.burst_down_kbps,
      burstUpKbps: asked.burst_up_kbps,
      burstSeconds: asked.burst_seconds,
      idleTimeoutSeconds: asked.idle_timeout_seconds,
      fairUseBytes: asked.fair_use_bytes,
      fairUseDownKbps: asked.fair_use_down_kbps,
      fairUseUpKbps: asked.fair_use_up_kbps,
      ...routerTermsOf(asked),
    }
    const note = { action: 'package.terms', subject: `package ${packageId}`, unless: ['unknown'] } as const
    if ((await act(c, setPackageTerms, { packageId, terms }, note)) === 'unknown') throw unknownPackage()
    return c.json(termsView(termsOfPackage(db, packageId)))
  })

  const remove = call({
    does: 'Removes a package that was never sold; one that was can only be taken off sale.',
    answers: { 204: null },
  })
  app.delete('/api/packages/:id', admin, remove, async (c) => {
    const packageId = idInPath(c, 'package')
    const note = { action: 'package.remove', subject: `package ${packageId}`, unless: ['unknown', 'in-use'] } as const
    const outcome = await act(c, removePackage, { packageId }, note)
    if (outcome === 'unknown') throw unknownPackage()
    if (outcome === 'in-use') {
      throw problem(409, 'package-in-use', 'It was sold or has vouchers: take it off sale with "active": false.')
    }
    return c.body(null, 204)
  })

  return app
}

const flag = (value: boolean | undefined) => (value === undefined ? undefined : value ? 1 : 0)

const unknownPackage = () => problem(404, 'package-unknown', 'There is no such package.')

const refused = (field: string, message: string, status: 409 | 422, code: string) => () =>
  problem(status, code, `${field}: ${message}`, [{ field, message }])

const refusals = {
  unknown: unknownPackage,
  'name-taken': refused('name', 'another package has it', 409, 'name-taken'),
  'only-hotspot-free': refused('price_cents', 'only a hotspot package may cost nothing', 422, 'only-hotspot-free'),
  'valid-too-short': refused(
    'valid_seconds',
    'a package must be valid for at least its duration_seconds',
    422,
    'valid-too-short',
  ),
}
