import * as z from 'zod'
import { done } from '../../src/flow/job-outcome.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import { allRouters, routerById } from '../../src/routers/router-table.ts'
import { noteCheck } from '../../src/routers/watch/reach.ts'
import { checkRouter } from '../../src/routers/watch/router-check.ts'
import { defineJob } from '../services.ts'

/**
 * Looks whether the routers are there: all of them every minute, one of them at once when its connection broke. All at the
 * same time, and each answer is written down when it comes, so that none waits for another.
 */
export const checkRouters = defineJob({
  payload: z.strictObject({ routerId: z.int().optional() }),
  attempts: 1,
  timeoutMs: 50_000,
  uniqueBy: ({ routerId }) => String(routerId ?? 'all'),
  schedule: '* * * * *',
  async run({ routerId }, { db, gate, store, signal, interimIntervalSeconds }) {
    const one = routerId === undefined ? undefined : routerById(db, routerId)
    const routers = routerId === undefined ? allRouters(db) : one ? [one] : []
    await Promise.all(
      routers.map(async (router) => {
        const address = routerAddress(router)
        if (!address) return
        const check = await checkRouter(gate.speak(address, signal))
        if (!signal.aborted) await store.run(noteCheck, { routerId: router.id, check, interimIntervalSeconds })
      }),
    )
    return done()
  },
})
