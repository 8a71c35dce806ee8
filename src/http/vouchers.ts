import { Hono } from 'hono'
import { z } from 'zod'
import { grantById } from '../access/grant-table.ts'
import { redeemVoucher } from '../billing/vouchers.ts'
import type { Clock } from '../clock.ts'
import { clientAddress } from './client-address.ts'
import type { House } from './house.ts'
import { macAddressField } from './payments.ts'
import { invalidInput, problem } from './problem.ts'
import { readJson } from './read-body.ts'
import { limitTries, type Tries } from './tries.ts'

const redeemBody = z.strictObject({ code: z.string().min(1).max(40), mac_address: macAddressField.optional() })

/** Wrong codes a device and an address may try: guessing must not pay. */
const GUESSES = { most: 10, windowMs: 10 * 60_000 }

export const limitGuesses = (clock: Clock): Tries => limitTries({ ...GUESSES, clock })

export function vouchersApi({ store, db, config }: House, guesses: Tries): Hono {
  const app = new Hono()
  app.post('/api/vouchers/redeem', async (c) => {
    const body = redeemBody.safeParse(await readJson(c))
    if (!body.success) throw invalidInput(body.error)
    const macAddress = body.data.mac_address ?? null
    const waitSeconds = Math.max(
      guesses.take(`address ${clientAddress(c, config.http.trusted_proxies)}`),
      macAddress === null ? 0 : guesses.take(`device ${macAddress}`),
    )
    if (waitSeconds > 0) {
      c.header('Retry-After', String(waitSeconds))
      throw problem(429, 'too-many-tries', `Too many codes were tried. Wait ${waitSeconds} seconds.`)
    }
    const outcome = await store.run(redeemVoucher, { code: body.data.code, macAddress })
    switch (outcome.outcome) {
      case 'unknown':
        throw problem(404, 'voucher-unknown', 'That code is not right. Check it and try again.')
      case 'used':
        throw problem(409, 'voucher-used', 'This code has been used.')
      case 'expired':
        throw problem(410, 'voucher-expired', 'This code has expired.')
      case 'revoked':
        throw problem(410, 'voucher-revoked', 'This code was withdrawn.')
      case 'redeemed': {
        const grant = grantById(db, outcome.grantId)
        if (!grant) throw problem(404, 'voucher-unknown', 'That code is not right. Check it and try again.')
        return c.json({
          access: {
            username: grant.username,
            password: grant.password,
            expires_at: new Date(grant.expiresAtMs).toISOString(),
            online: grant.onlineAtMs !== null,
          },
        })
      }
    }
  })
  return app
}
