import { Hono } from 'hono'
import { z } from 'zod'
import { parseMacAddress } from '../../access/mac-address.ts'
import type { House } from '../house.ts'
import { invalidInput } from '../problem.ts'
import { readJson } from '../read-body.ts'
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

/** What RADIUS would answer to a login, tried out on the running server. No voucher starts by it. */
export function radiusApi({ testLogin }: House, { admin, audited }: Guards): Hono {
  const app = new Hono()
  app.post('/api/radius/test', admin, async (c) => {
    const body = loginBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const { username, password, mac_address, method } = body.data
    await audited(c, 'radius.test', username)
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
