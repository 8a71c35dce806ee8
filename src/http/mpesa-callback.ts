import { Hono } from 'hono'
import * as z from 'zod'
import { receiveCallback } from '../billing/settle.ts'
import { readEvidence } from '../mpesa/evidence.ts'
import { call } from './call.ts'
import { clientAddress } from './client-address.ts'
import type { House } from './house.ts'
import { problem } from './problem.ts'

export interface CallbackCounters {
  received: number
  unknownToken: number
  fromUnlistedAddress: number
}

/**
 * M-PESA's answer to a push, delivered once and not repeated: it is on disk before the 200.
 * The unguessable token in the path is what makes it believable; a source list only warns.
 */
export function mpesaCallbackApi({ store, config, log }: House, counters: CallbackCounters): Hono {
  const allowed = config.mpesa.callback_ip_allow
  const app = new Hono()
  const receive = call({
    does: 'M-PESA’s result of a push; stored before it is accepted. The address is made for each push.',
    answers: { 200: z.object({ ResultCode: z.literal(0), ResultDesc: z.string() }) },
  })
  app.post('/api/mpesa/callback/:token', receive, async (c) => {
    const body = await c.req.text()
    const sourceAddress = clientAddress(c, config.http.trusted_proxies)
    counters.received += 1
    if (allowed.length > 0 && !allowed.includes(sourceAddress)) {
      counters.fromUnlistedAddress += 1
      log.warn({ sourceAddress }, 'a callback came from an address that is not listed')
    }
    const outcome = await store.run(receiveCallback, {
      token: c.req.param('token'),
      body,
      evidence: readEvidence(body),
      sourceAddress,
    })
    if (outcome === 'unknown-token') {
      counters.unknownToken += 1
      throw problem(404, 'unknown-token', 'There is no such callback address.')
    }
    return c.json({ ResultCode: 0, ResultDesc: 'Accepted' })
  })
  return app
}
