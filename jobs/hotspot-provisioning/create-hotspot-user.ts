import * as z from 'zod'
import { noteOnline, noteUserCreated } from '../../src/access/grant-progress.ts'
import { type GrantRow, grantById, isHalted } from '../../src/access/grant-table.ts'
import { openSessionsOfDevice } from '../../src/access/session-table.ts'
import { leftOf } from '../../src/access/time-left.ts'
import { deviceOfTrial } from '../../src/access/trial-device.ts'
import { packageById } from '../../src/billing/package-table.ts'
import { discard, done, effect, type JobOutcome, offline, retry, snooze, unasked } from '../../src/flow/job-outcome.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import { allRouters, type RouterRow, routerById } from '../../src/routers/router-table.ts'
import { defineJob, type JobServices } from '../services.ts'
import { endLocalAccess } from '../session-management/end-local-access.ts'
import { notEnded } from '../session-management/end-session.ts'
import { findDevice } from './find-device.ts'
import { grantOfUser } from './kept-session.ts'
import { localUser } from './local-user.ts'
import { logInTerms } from './log-in-terms.ts'
import { makeRoom } from './make-room.ts'

/** So long after the end of an access its device is surely off. */
const AFTER_END_MS = 5_000
/** How soon a phone that was taken off a moment ago is looked for again. */
const HEAR_AGAIN_MS = 1_000
/** The longest wait for a device that is online with something else: it may have left before that is over. */
const LOOK_AGAIN_MS = 10 * 60_000

/**
 * Makes the customer's user where the router looks for it and logs the waiting phone in. The right itself is the grant,
 * which stands already; all of this may be done twice.
 */
export const createHotspotUser = defineJob({
  payload: z.strictObject({ grantId: z.uuid() }),
  attempts: 3,
  timeoutMs: 90_000,
  backoffMs: [2_000, 10_000, 60_000],
  uniqueBy: ({ grantId }) => grantId,
  // The grant may go to another device or be extended while the router is spoken to.
  rerun: true,
  async run({ grantId }, services) {
    const { db, clock } = services
    const grant = grantById(db, grantId)
    if (!grant) return discard(`there is no grant ${grantId}`)
    if (leftOf(db, grant, clock.nowMs()).seconds === 0) {
      return grant.userCreatedAtMs === null
        ? discard('the time was over before the router could be told')
        : unasked(done())
    }
    // Going on again orders this anew.
    if (isHalted(grant)) return unasked(done())
    if (packageById(db, grant.packageId)?.type === 'pppoe') {
      // It dials by itself, and RADIUS answers it.
      return unasked(done(effect(noteUserCreated, { grantId })))
    }
    const notFound = await findDevice(services, grant)
    return makeUser(services, grantById(db, grantId) ?? grant, notFound)
  },
})

/** `notFound`: what this run comes to when its device was not found, so that it is looked for again. */
async function makeUser(services: JobServices, grant: GrantRow, notFound?: JobOutcome): Promise<JobOutcome> {
  const router = routerOf(services, grant)
  if (router?.accessMode === 'local') {
    const written = await writeUser(services, grant, router)
    if (written) return written
  }
  await services.store.run(noteUserCreated, { grantId: grant.id })
  if (notFound) return notFound
  if (!router || grant.macAddress === null || wouldReplace(services, grant)) return done()
  return (await makeRoom(services, grant, router)) ?? logIn(services, grant, router)
}

/** A trial never ends what its device is online with: anybody may ask for one in a device's name. */
function wouldReplace({ db, clock }: JobServices, grant: GrantRow): boolean {
  if (deviceOfTrial(db, grant) === undefined) return false
  return openSessionsOfDevice(db, grant.macAddress).some((session) => {
    const other = session.grantId === null || session.grantId === grant.id ? undefined : grantById(db, session.grantId)
    return other !== undefined && leftOf(db, other, clock.nowMs()).seconds > 0
  })
}

/** The router the customer bought at; at a site with one router there is no question. */
function routerOf({ db }: JobServices, grant: GrantRow): RouterRow | undefined {
  if (grant.routerId !== null) return routerById(db, grant.routerId)
  const routers = allRouters(db)
  return routers.length === 1 ? routers[0] : undefined
}

/** Undefined when the user stands on the router. */
async function writeUser(services: JobServices, grant: GrantRow, router: RouterRow): Promise<JobOutcome | undefined> {
  const { gate, db, clock, signal } = services
  const address = routerAddress(router)
  if (!address) return offline('the router has not called home yet')
  const answer = await gate.ensureUser(address, localUser(db, grant, router.id, clock.nowMs()), signal)
  if (answer.outcome === 'unreachable') return offline(answer.error.message, `router ${router.id}`)
  if (answer.outcome === 'refused') return retry(answer.message)
  // Its end or a pause may have come, and been seen to, before our user stood.
  const now = grantById(db, grant.id)
  if (now && isHalted(now)) {
    const ending = await endLocalAccess(services, now, router)
    return notEnded(ending) ?? done()
  }
  return undefined
}

async function logIn(services: JobServices, grant: GrantRow, router: RouterRow): Promise<JobOutcome> {
  const { gate, db, clock, signal } = services
  const address = routerAddress(router)
  const nowMs = clock.nowMs()
  if (!address || grant.macAddress === null) return done()
  const { macAddress, username, password } = grant
  const answer = await gate.logIn(address, { macAddress, username, password }, signal, logInTerms(services, grant))
  switch (answer.outcome) {
    case 'online':
      return done(effect(noteOnline, { grantId: grant.id, routerId: router.id }))
    case 'not-here':
      // The phone has left the WiFi; when it comes back it logs in by itself or with its code.
      return done()
    case 'not-heard':
      return snooze(HEAR_AGAIN_MS)
    case 'in-use': {
      // When that is over the device goes on with this.
      const other = grantOfUser(db, answer.username)
      const leftMs = other === undefined ? 0 : leftOf(db, other, nowMs).seconds * 1000
      return snooze(Math.min(leftMs + AFTER_END_MS, LOOK_AGAIN_MS))
    }
    case 'refused':
      return retry(answer.message)
    case 'unreachable':
      return offline(answer.error.message, `router ${router.id}`)
  }
}
