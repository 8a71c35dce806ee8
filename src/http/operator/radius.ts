import { Hono } from 'hono'
import * as z from 'zod'
import { parseMacAddress } from '../../access/mac-address.ts'
import { call } from '../call.ts'
import type { House } from '../house.ts'
import type { Guards } from './guard.ts'

const loginBody = z.strictObject({
  username: z.string().min(1).max(253),
  password: z.string().max(128).default(''),
  mac_address: z
    .string()
    .transform((typed, context) => {
      const macAddress = parseMacAddress(typed)
      if (macAddress !== undefined) return macAddress
      context.addIssue('This is not the address of a device.')
      return z.NEVER
    })
    .optional(),
  method: z.enum(['pap', 'chap']).default('pap'),
})

const testAnswer = z.object({
  outcome: z.enum(['accepted', 'rejected', 'no-answer']),
  milliseconds: z.number(),
  attributes: z.array(z.object({ name: z.string(), value: z.union([z.string(), z.number()]) })),
})

/** What RADIUS would answer to a login, tried out on the running server. No voucher starts by it. */
export function radiusApi({ testLogin }: House, { admin, noted }: Guards): Hono {
  const app = new Hono()
  const test = call({
    does: 'What RADIUS would answer to a login, tried out on the running server. No voucher starts by it.',
    body: loginBody,
    answers: { 200: testAnswer },
  })
  app.post('/api/radius/test', admin, test, async (c) => {
    const { username, password, mac_address, method } = c.var.body
    await noted(c, 'radius.test', username)
    const answer = await testLogin({
      username,
      password,
      method,
      ...(mac_address !== undefined && { macAddress: mac_address }),
    })
    return c.json({ outcome: answer.outcome, milliseconds: answer.milliseconds, attributes: answer.attributes })
  })
  return app
}
