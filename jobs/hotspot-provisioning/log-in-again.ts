import * as z from 'zod'
import { grantById, isHalted } from '../../src/access/grant-table.ts'
import { openSessionsOfDevice, sessionById } from '../../src/access/session-table.ts'
import { leftOf } from '../../src/access/time-left.ts'
import { packageById } from '../../src/billing/package-table.ts'
import { done, offline, retry, snooze, unasked } from '../../src/flow/job-outcome.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import { routerById } from '../../src/routers/router-table.ts'
import { defineJob } from '../services.ts'

/** A phone that was taken off a moment ago. */
const HEAR_AGAIN_MS = 1_000
/** Whoever is not at the door by then is online in another way, or has left. */
const NO_MORE_MS = 10 * 60_000

/** A session is over, but not the right to be online: its phone, if it is still at the router's door, is let in again. */
export const logInAgain = defineJob({
  payload: z.strictObject({ sessionId: z.int(), endedAtMs: z.int() }),
  attempts: 3,
  timeoutMs: 90_000,
  backoffMs: [2_000, 10_000, 60_000],
  uniqueBy: ({ sessionId }) => String(sessionId),
  async run({ sessionId, endedAtMs }, { db, clock, gate, signal }) {
    const nowMs = clock.nowMs()
    const session = sessionById(db, sessionId)
    const grant = session && session.grantId !== null ? grantById(db, session.grantId) : undefined
    if (!session || !grant || isHalted(grant) || leftOf(db, grant, nowMs).seconds === 0) return unasked(done())
    const { macAddress } = session
    // What is written down of it has followed the clock, if that was set since.
    const sinceMs = Math.max(endedAtMs, session.stoppedAtMs ?? 0)
    if (macAddress === null || nowMs - sinceMs > NO_MORE_MS) return unasked(done())
    // It dials by itself.
    if (packageById(db, grant.packageId)?.type === 'pppoe') return unasked(done())
    if (openSessionsOfDevice(db, macAddress).some(({ id }) => id > sessionId)) return unasked(done())
    const router = routerById(db, session.routerId)
    const address = router && routerAddress(router)
    if (!address) return unasked(done())

    const { username, password } = grant
    const answer = await gate.logIn(address, { macAddress, username, password }, signal, { mayEnd: () => false })
    switch (answer.outcome) {
      case 'online':
      case 'in-use':
      case 'not-here':
        return done()
      case 'not-heard':
        return snooze(HEAR_AGAIN_MS)
      case 'refused':
        return retry(answer.message)
      case 'unreachable':
        return offline(answer.error.message, `router ${router.id}`)
    }
  },
})
