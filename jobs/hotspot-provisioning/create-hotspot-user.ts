import * as z from 'zod'
import { askedFromOf } from '../../src/access/asked-from.ts'
import { noteOnline, noteUserCreated } from '../../src/access/grant-progress.ts'
import { type GrantRow, grantById, isHalted, leftOf } from '../../src/access/grant-table.ts'
import { openSessionsOfDevice, openSessionsOfGrant, type SessionRow } from '../../src/access/session-table.ts'
import { noteGivesWay, noteSessionExpired } from '../../src/access/sessions.ts'
import { deviceOfTrial } from '../../src/access/trial-device.ts'
import { packageById } from '../../src/billing/package-table.ts'
import { discard, done, effect, type JobOutcome, offline, retry, snooze } from '../../src/flow/job-outcome.ts'
import type { LogInTerms } from '../../src/routers/hotspot-login.ts'
import { routerAddress } from '../../src/routers/router-address.ts'
import { allRouters, type RouterRow, routerById } from '../../src/routers/router-table.ts'
import { defineJob, type JobServices } from '../services.ts'
import { endLocalAccess } from '../session-management/end-local-access.ts'
import { endSession, notEnded } from '../session-management/end-session.ts'
import { findDevice } from './find-device.ts'
import { grantOfUser, isKept } from './kept-session.ts'
import { localUser } from './local-user.ts'

/** A device whose time has just run out is taken off by then. */
const AFTER_END_MS = 5_000
/** A phone that was taken off a moment ago. */
const HEAR_AGAIN_MS = 1_000
/** It may also have left. */
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
      return grant.userCreatedAtMs === null ? discard('the time was over before the router could be told') : done()
    }
    // Going on again orders this anew.
    if (isHalted(grant)) return done()
    if (packageById(db, grant.packageId)?.type === 'pppoe') {
      // It dials by itself, and RADIUS answers it.
      return done(effect(noteUserCreated, { grantId }))
    }
    const notFound = await findDevice(services, grant)
    return makeUser(services, grantById(db, grantId) ?? grant, notFound)
  },
})

/** `notFound`: its device is looked for again. */
async function makeUser(services: JobServices, grant: GrantRow, notFound?: JobOutcome): Promise<JobOutcome> {
  const router = routerOf(services, grant)
  if (router?.accessMode === 'local') {
    const written = await writeUser(services, grant, router)
    if (written) return written
  }
  await services.store.run(noteUserCreated, { grantId: grant.id })
  if (notFound) return notFound
  if (!router || grant.macAddress === null || wouldReplace(services, grant)) return done()
  return (
    (await makeRoom(services, grant, router)) ??
    (router.accessMode === 'local' ? await makeRoomAt(services, grant, router) : undefined) ??
    logIn(services, grant, router)
  )
}

/** A trial never ends what its device is online with: anybody may ask for one in a device's name. */
function wouldReplace({ db, clock }: JobServices, grant: GrantRow): boolean {
  if (deviceOfTrial(db, grant) === undefined) return false
  return openSessionsOfDevice(db, grant.macAddress).some((session) => {
    const other = session.grantId === null || session.grantId === grant.id ? undefined : grantById(db, session.grantId)
    return other !== undefined && leftOf(db, other, clock.nowMs()).seconds > 0
  })
}

/**
 * The device that asks last is let in: older ones beyond the grant's limit go, since the router would refuse this one, but only
 * when it waits at its router; and so does what this device was online with until now, if that is nobody else's.
 */
async function makeRoom(services: JobServices, grant: GrantRow, at: RouterRow): Promise<JobOutcome | undefined> {
  const { db, clock, store } = services
  const mayEnd = ({ grantId }: SessionRow) =>
    grantId === null || !isKept(db, grantById(db, grantId), grant, clock.nowMs())
  const others = openSessionsOfGrant(db, grant.id).filter(({ macAddress }) => macAddress !== grant.macAddress)
  const before = openSessionsOfDevice(db, grant.macAddress).filter((one) => one.grantId !== grant.id && mayEnd(one))
  const tooMany = others.slice(0, Math.max(0, others.length - grant.deviceLimit + 1))
  const going = tooMany.length > 0 && (await comesIn(services, grant, at)) ? tooMany : []
  for (const session of [...before, ...going]) {
    const router = routerById(db, session.routerId)
    if (!router) continue
    // Before it is off: it comes by at once.
    if (going.includes(session)) await store.run(noteGivesWay, { sessionId: session.id })
    const ending = await endSession(services, session, router, { comesBack: session.macAddress === grant.macAddress })
    const failed = notEnded(ending)
    if (failed) return failed
    await store.run(noteSessionExpired, { sessionId: session.id, outcome: ending.outcome })
  }
  return undefined
}

/** The same at a router that tells of no sessions: its own list says who is online. */
async function makeRoomAt(services: JobServices, grant: GrantRow, router: RouterRow): Promise<JobOutcome | undefined> {
  const { gate, signal } = services
  const address = routerAddress(router)
  const list = address && (await gate.onlineAs(address, grant.username, signal))
  if (!address || list?.outcome !== 'listed') return undefined
  const others = list.sessions
    .filter(({ macAddress }) => macAddress !== grant.macAddress)
    .sort((one, other) => other.uptimeSeconds - one.uptimeSeconds)
  const tooMany = others.slice(0, Math.max(0, others.length - grant.deviceLimit + 1))
  if (tooMany.length === 0 || !(await comesIn(services, grant, router))) return undefined
  for (const { username, macAddress } of tooMany) {
    const kick = await gate.kick(address, { username, macAddress }, signal)
    if (kick.outcome === 'refused') return retry(kick.message)
    if (kick.outcome === 'unreachable') return offline(kick.error.message, `router ${router.id}`)
  }
  return undefined
}

/** Whether its device waits to be let in; else nobody goes for it. Of a router that has not called home nobody can tell. */
async function comesIn(services: JobServices, grant: GrantRow, router: RouterRow): Promise<boolean> {
  const address = routerAddress(router)
  const { macAddress, username } = grant
  if (!address || macAddress === null) return true
  const terms = logInTerms(services, grant)
  const { outcome } = await services.gate.lookAtDoor(address, { macAddress, username }, services.signal, terms)
  return outcome === 'waits'
}

const logInTerms = ({ db, clock }: JobServices, grant: GrantRow): LogInTerms => {
  const nowMs = clock.nowMs()
  return {
    mayEnd: (username) => !isKept(db, grantOfUser(db, username), grant, nowMs),
    askedFrom: askedFromOf(db, grant.id) ?? undefined,
  }
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
