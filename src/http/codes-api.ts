import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { isOnline } from './access-status.ts'
import { call } from './call.ts'
import type { CodeKind, Codes } from './codes.ts'
import { macAddressField } from './fields.ts'
import type { House } from './house.ts'
import { accessAnswer } from './payment-status.ts'
import { problem } from './problem.ts'

const code = z.string().min(1).max(400)
const codeBody = z.strictObject({ code, mac_address: macAddressField.optional() })
const answers = { 200: z.object({ access: accessAnswer }) }
const receiptBody = z.strictObject({ receipt: code, mac_address: macAddressField.optional() })

/** How programs turn a voucher, a code or an M-PESA receipt into access. */
export function codesApi({ db }: House, codes: Codes): Hono {
  const app = new Hono()

  async function answer(c: Context, kind: CodeKind, typed: { code: string; mac_address?: string | undefined }) {
    const outcome = await codes(c, [kind], typed.code, { macAddress: typed.mac_address ?? null, mayMove: true })
    switch (outcome.outcome) {
      case 'granted': {
        const { grant } = outcome
        const access = {
          username: grant.username,
          password: grant.password,
          expires_at: new Date(grant.expiresAtMs).toISOString(),
          online: isOnline(db, grant),
        }
        return c.json({ access })
      }
      case 'in-use':
      case 'unknown':
        throw problem(404, `${kind}-unknown`, 'That code is not right. Check it and try again.')
      case 'used':
        throw problem(409, `${kind}-used`, 'This code has been used.')
      case 'expired':
        throw problem(410, `${kind}-expired`, 'This code has expired.')
      case 'revoked':
        throw problem(410, `${kind}-revoked`, 'This code was withdrawn.')
      case 'paused':
        throw problem(409, `${kind}-paused`, 'This access is stopped for now. Ask the staff.')
      case 'other-device':
        throw problem(409, `${kind}-other-device`, 'This free access is for the device that asked for it.')
      case 'no-package':
        throw problem(409, `${kind}-no-package`, 'Your money is here, but no package costs that much. Ask the staff.')
      case 'too-many-tries':
        c.header('Retry-After', String(outcome.waitSeconds))
        throw problem(429, 'too-many-tries', `Too many codes were tried. Wait ${outcome.waitSeconds} seconds.`)
    }
  }

  const redeem = call({ does: 'Turns a voucher into access, once.', body: codeBody, answers })
  app.post('/api/vouchers/redeem', redeem, (c) => answer(c, 'voucher', c.var.body))

  const resume = call({ does: 'Moves an access that runs to this device.', body: codeBody, answers })
  app.post('/api/access/resume', resume, (c) => answer(c, 'resume', c.var.body))

  const claim = call({ does: '“I have already paid”: what this receipt bought.', body: receiptBody, answers })
  app.post('/api/payments/claim', claim, (c) =>
    answer(c, 'receipt', { code: c.var.body.receipt, mac_address: c.var.body.mac_address }),
  )
  return app
}
