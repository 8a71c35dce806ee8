import * as z from 'zod'
import type { PackageRow } from '../billing/package-table.ts'
import { isoTime, isoTimeField } from './iso-time.ts'
import { saleHoursField, saleHoursView } from './sale-hours-field.ts'

/** A package as customers see it. */
export const packageAnswer = z.object({
  id: z.int(),
  name: z.string(),
  description: z.string(),
  type: z.enum(['hotspot', 'pppoe']),
  price_cents: z.int(),
  currency: z.string(),
  duration_seconds: z.int(),
  valid_seconds: z
    .int()
    .nullable()
    .meta({ description: 'From the first use on, paused or not; null: it may be kept.' }),
  data_limit_bytes: z.int().nullable(),
  down_kbps: z.int().nullable(),
  up_kbps: z.int().nullable(),
  device_limit: z.int(),
})

/** As operators see it. */
export const packageOfDesk = packageAnswer.extend({
  active: z.boolean(),
  hidden: z.boolean(),
  grace_days: z.int(),
  scheduled_activation_at: isoTimeField.nullable(),
  scheduled_deactivation_at: isoTimeField.nullable(),
  sale_hours: saleHoursField.nullable(),
})

export function packageView(row: PackageRow): z.infer<typeof packageAnswer> {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    type: row.type,
    price_cents: row.priceCents,
    currency: row.currency,
    duration_seconds: row.durationSeconds,
    valid_seconds: row.validSeconds,
    data_limit_bytes: row.dataLimitBytes,
    down_kbps: row.downKbps,
    up_kbps: row.upKbps,
    device_limit: row.deviceLimit,
  }
}

export const packageForOperator = (row: PackageRow): z.infer<typeof packageOfDesk> => ({
  ...packageView(row),
  active: row.active === 1,
  hidden: row.hidden === 1,
  grace_days: row.graceDays,
  scheduled_activation_at: isoTime(row.scheduledActivationAtMs),
  scheduled_deactivation_at: isoTime(row.scheduledDeactivationAtMs),
  sale_hours: saleHoursView(row),
})
