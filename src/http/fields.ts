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

/** M-PESA's number of money that moved. */
export const receiptField = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z0-9]{6,20}$/, 'is 6 to 20 letters and digits')

/**
 * A name or note on one line. What cannot be seen could change what is shown around it: a terminal, a log, a script, the
 * direction of writing.
 */
export const lineField = z
  .string()
  .trim()
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]*$/u, 'holds a character that cannot be seen')

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
