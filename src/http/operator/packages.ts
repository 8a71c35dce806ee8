import { Hono } from 'hono'
import { z } from 'zod'
import { addPackage } from '../../billing/packages.ts'
import { timeField } from '../fields.ts'
import type { House } from '../house.ts'
import { packageForOperator } from '../package-view.ts'
import { invalidInput, problem } from '../problem.ts'
import { readJson } from '../read-body.ts'
import type { Guards } from './guard.ts'

const packageBody = z.strictObject({
  name: z.string().trim().min(1).max(64),
  description: z.string().trim().max(500).default(''),
  type: z.enum(['hotspot', 'pppoe']).default('hotspot'),
  price_cents: z.int().min(100).max(25_000_000).multipleOf(100, 'M-PESA takes whole shillings'),
  duration_seconds: z
    .int()
    .min(1)
    .max(366 * 86_400),
  data_limit_bytes: z.int().min(1_000_000).nullish(),
  down_kbps: z.int().min(64).max(10_000_000).nullish(),
  up_kbps: z.int().min(64).max(10_000_000).nullish(),
  device_limit: z.int().min(1).max(50).default(1),
  hidden: z.boolean().default(false),
  grace_days: z.int().min(0).max(60).default(3),
  scheduled_activation_at: timeField.nullish(),
  scheduled_deactivation_at: timeField.nullish(),
})

/** What is sold. The list is the customers' own (`GET /api/packages`); an operator sees the hidden ones too. */
export function packagesApi({ store, config }: House, { admin, audited }: Guards): Hono {
  const app = new Hono()
  app.post('/api/packages', admin, async (c) => {
    const body = packageBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const asked = body.data
    const outcome = await store.run(addPackage, {
      name: asked.name,
      description: asked.description,
      type: asked.type,
      priceCents: asked.price_cents,
      currency: config.site.currency,
      durationSeconds: asked.duration_seconds,
      dataLimitBytes: asked.data_limit_bytes ?? null,
      downKbps: asked.down_kbps ?? null,
      upKbps: asked.up_kbps ?? null,
      deviceLimit: asked.device_limit,
      hidden: asked.hidden ? 1 : 0,
      graceDays: asked.grace_days,
      scheduledActivationAtMs: asked.scheduled_activation_at ?? null,
      scheduledDeactivationAtMs: asked.scheduled_deactivation_at ?? null,
    })
    if (outcome.outcome === 'name-taken') {
      throw problem(409, 'name-taken', 'name: another package has it', [
        { field: 'name', message: 'another package has it' },
      ])
    }
    await audited(c, 'package.add', `package ${outcome.row.id}`)
    return c.json(packageForOperator(outcome.row), 201)
  })
  return app
}
