import * as z from 'zod'
import { parseMacAddress } from '../access/mac-address.ts'
import { parsePhoneNumber } from '../billing/phone-number.ts'

/** Fields that several requests have, as people and programs write them. */
export const macAddressField = z
  .string()
  .transform(
    (typed, context) => parseMacAddress(typed) ?? refuse(context, 'is not a MAC address like AA:BB:CC:DD:EE:FF'),
  )

export const phoneNumberField = z
  .string()
  .transform(
    (typed, context) => parsePhoneNumber(typed) ?? refuse(context, 'is not a Kenyan mobile number like 0712 345 678'),
  )

/** An ISO 8601 time with its zone, as milliseconds. */
export const timeField = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))

/** `true` or `false` behind the question mark; left out is false. */
export const flagInQuery = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true')

function refuse(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message })
  return z.NEVER
}
