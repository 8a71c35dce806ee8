import { Hono } from 'hono'
import * as z from 'zod'
import { receiveCallback } from '../billing/payment-answers.ts'
import { readEvidence } from '../mpesa/evidence.ts'
import { call } from './call.ts'
import { clientAddress } from './client-address.ts'
import type { House } from './house.ts'
import { problem } from './problem.ts'

interface CallbackCounters {
  received: number
  unknownToken: number
  fromUnlistedAddress: number
}

/** What takes M-PESA's callbacks, by whichever way they come in. */
export interface Callbacks {
  readonly counters: Readonly<CallbackCounters>
  /** Resolves when it is on disk. Throws the problem that its sender is answered with. */
  receive(callback: { token: string; body: string; sourceAddress: string }): Promise<typeof ACCEPTED>
}

const ACCEPTED = { ResultCode: 0, ResultDesc: 'Accepted' } as const

/** The unguessable token in the address is what makes a callback believable; a source list only warns. */
export function openCallbacks({ store, config, log }: Pick<House, 'store' | 'config' | 'log'>): Callbacks {
  const allowed = config.mpesa.callback_ip_allow
  const counters: CallbackCounters = { received: 0, unknownToken: 0, fromUnlistedAddress: 0 }
  return {
    counters,
    async receive({ token, body, sourceAddress }) {
      counters.received += 1
      if (allowed.length > 0 && !allowed.includes(sourceAddress)) {
        counters.fromUnlistedAddress += 1
        log.warn({ sourceAddress }, 'a callback came from an address that is not listed')
      }
      // What comes in a crowd is only kept for now, and looked into when the crowd has been answered.
      const evidence = store.isCrowded ? undefined : readEvidence(body)
      const outcome = await store.run(receiveCallback, { token, body, evidence, sourceAddress })
      if (outcome === 'unknown-token') {
        counters.unknownToken += 1
        throw problem(404, 'unknown-token', 'There is no such callback address.')
      }
      return ACCEPTED
    },
  }
}

/** M-PESA's answer to a push, delivered once and not repeated: it is on disk before the 200. */
export function mpesaCallbackApi({ config }: House, callbacks: Callbacks): Hono {
  const app = new Hono()
  const receive = call({
    does: 'M-PESA’s result of a push; stored before it is accepted. The address is made for each push.',
    answers: { 200: z.object({ ResultCode: z.literal(0), ResultDesc: z.string() }) },
  })
  app.post('/api/mpesa/callback/:token', receive, async (c) => {
    const body = await c.req.text()
    const sourceAddress = clientAddress(c, config.http.trusted_proxies)
    return c.json(await callbacks.receive({ token: c.req.param('token'), body, sourceAddress }))
  })
  return app
}
