import * as z from 'zod'
import { ALWAYS, SALE_DAYS, type SaleHours } from '../billing/sale-hours.ts'

const timeOfDay = /^([01]\d|2[0-3]):[0-5]\d$/

/** When a package is on sale, as programs write it: days, and times of day in site time; over midnight when `until` is earlier. */
export const saleHoursField = z
  .strictObject({
    days: z.array(z.enum(SALE_DAYS)).min(1),
    from: z.string().regex(timeOfDay, 'is a time like 18:00'),
    until: z.union([z.string().regex(timeOfDay), z.literal('24:00')], 'is a time like 22:00, or 24:00'),
  })
  .refine(({ from, until }) => from !== until, { path: ['until'], message: 'is the same as from' })

type Field = z.infer<typeof saleHoursField>

export function saleHoursOf(field: Field | null | undefined): SaleHours | undefined {
  if (field === undefined) return undefined
  if (field === null) return ALWAYS
  const days = new Set(field.days.map((day) => 1 << SALE_DAYS.indexOf(day)))
  return {
    saleDays: [...days].reduce((all, day) => all | day, 0),
    saleFromMinute: minuteOf(field.from),
    saleUntilMinute: minuteOf(field.until),
  }
}

export function saleHoursView({ saleDays, saleFromMinute, saleUntilMinute }: SaleHours): Field | null {
  if (saleDays === null || saleFromMinute === null || saleUntilMinute === null) return null
  return {
    days: SALE_DAYS.filter((_day, weekday) => (saleDays & (1 << weekday)) !== 0),
    from: timeText(saleFromMinute),
    until: timeText(saleUntilMinute),
  }
}

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

const timeText = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
